"""A small API of pets, with flaws planted in it and an OpenAPI specification that says what it has.

Each request needs the header X-Api-Version that the specification tells of, and the bearer token where there is one.
Its answers link to an address that the specification does not tell of: whoever asks for that one has crawled.
"""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from tests.targets.serving import Answer, Asked

BASE = "/api/v1"
HIDDEN = f"{BASE}/hidden"
JSON = (("Content-Type", "application/json"),)


@dataclass
class PetApi:
    """`mended` closes the flaws; `token` is wanted as a bearer token."""

    token: str = ""
    mended: bool = False
    known: set[str] = field(default_factory=lambda: {"1"})

    def __call__(self, asked: Asked) -> Answer:
        path = asked.path.removeprefix(BASE)
        if path == asked.path:
            return Answer("Nothing", 404)
        if self.token and asked.headers.get("authorization") != f"Bearer {self.token}":
            return _said({"error": "Who are you?"}, 401)
        if asked.headers.get("x-api-version") != "2":
            return _said({"error": "Which version?"}, 400)
        try:
            return self._answer(asked, path)
        except sqlite3.Error as error:
            return _said({"error": f"sqlite3.{type(error).__name__}: {error}"}, 500)

    def _answer(self, asked: Asked, path: str) -> Answer:
        match asked.method, path.strip("/").split("/"):
            case "GET", ["pets"]:
                return _said({"pets": self._found("species", asked.query.get("species", "")), "next": HIDDEN})
            case "QUERY", ["pets"]:
                return _said({"pets": self._found("species", str(_body(asked).get("species", "")))})
            case "GET", ["search"]:
                word = asked.query.get("q", "")
                shown = word.replace("<", "&lt;") if self.mended else word
                return Answer(f"<html><h1>{shown}</h1><a href='{HIDDEN}'>more</a></html>")
            case "POST", ["pets"]:
                owner = _body(asked).get("owner", {})
                return _said({"known": self._found("owner", str(owner.get("email", "")))}, 201)
            case (("GET" | "PUT" | "DELETE"), ["pets", number]) if number in self.known:
                name = str(_body(asked).get("name", "Rex")) if asked.method == "PUT" else "Rex"
                return _said({"id": number, "named": self._found("name", name)})
            case "GET", ["hidden"]:
                return _said({"hidden": True})
        return _said({"error": "Nothing"}, 404)

    def _found(self, column: str, value: str) -> list[str]:
        with sqlite3.connect(":memory:") as database:
            database.execute("CREATE TABLE pets (name TEXT, species TEXT, owner TEXT)")
            database.execute("INSERT INTO pets VALUES ('Rex', 'dog', 'alice@example.com')")
            if self.mended:
                rows = database.execute(f"SELECT name FROM pets WHERE {column} = ?", (value,))
            else:
                rows = database.execute(f"SELECT name FROM pets WHERE {column} = '{value}'")
            return [name for (name,) in rows]


def _said(value: dict[str, Any], status: int = 200) -> Answer:
    return Answer(json.dumps(value), status, JSON)


def _body(asked: Asked) -> dict[str, Any]:
    try:
        body = json.loads(asked.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def specification(origin: str) -> dict[str, Any]:
    """What the service at this origin has, as OpenAPI 3.0."""
    version = {"name": "X-Api-Version", "in": "header", "required": True, "schema": {"type": "string", "enum": ["2"]}}
    number = {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer", "example": 1}}
    pet = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
    answers = {"200": {"description": "Well"}}
    species = {"name": "species", "in": "query", "schema": {"type": "string", "enum": ["dog", "cat"]}}
    word = {"name": "q", "in": "query", "schema": {"type": "string"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Pets", "version": "1"},
        "servers": [{"url": f"{origin.rstrip('/')}{BASE}"}],
        "paths": {
            "/pets": {
                "parameters": [version],
                "get": {"summary": "All pets", "parameters": [species], "responses": answers},
                "post": {"summary": "A new pet", "requestBody": pet, "responses": answers},
            },
            "/pets/{petId}": {
                "parameters": [version, number],
                "get": {"summary": "One pet", "responses": answers},
                "put": {"summary": "Change it", "requestBody": pet, "responses": answers},
                "delete": {"summary": "Give it away", "responses": answers},
            },
            "/search": {"get": {"parameters": [version, word], "responses": answers}},
        },
        "components": {
            "schemas": {
                "Pet": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "species": {"type": "string"},
                        "owner": {"type": "object", "properties": {"email": {"type": "string", "format": "email"}}},
                    },
                }
            }
        },
    }

"""Every form of specification at a real API, in one scan: what was chosen is asked for, and nothing else."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import yaml

from analyses import specifications
from analyses.engines.wapiti import WapitiEngine
from analyses.specifications.coverage import coverage
from analyses.specifications.requests import requests_at
from tests.engines.following import all_of, ended, flaws
from tests.engines.targets import a_target
from tests.specifications.test_har import entry, recording
from tests.specifications.test_postman import collection, item
from tests.targets.pet_api import BASE, PetApi, specification
from tests.targets.serving import Answer, Asked, serve

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("wapiti api")]

VERSION = {"X-Api-Version": "2"}
PET = json.dumps({"name": "Rex", "owner": {"email": "alice@example.com"}})
CALLS = (
    ("GET", "/pets?species=dog", ""), ("POST", "/pets", PET), ("GET", "/pets/1", ""), ("PUT", "/pets/1", PET),
    ("DELETE", "/pets/1", ""), ("GET", "/search?q=rex", ""),
)  # fmt: skip
LEFT_OUT = {"DELETE", "/search"}  # by its method, or by the end of its path
CHOSEN = {("GET", "/pets"), ("POST", "/pets"), ("GET", "/pets/1"), ("PUT", "/pets/1")}
QUERIED = {("QUERY", "/pets")}
FLAWS = {("GET", "species"), ("POST", "owner.email"), ("PUT", "name")}


def as_openapi_3_2(origin: str) -> bytes:
    """With a search that is sent by QUERY, and a reference to the document's own address."""
    document = specification(origin) | {"openapi": "3.2.0", "$self": "https://docs.test/pets.json"}
    reference = "https://docs.test/pets.json#/components/schemas/Pet"
    content = {"application/json": {"schema": {"$ref": reference}}}
    document["paths"]["/pets"]["query"] = {"requestBody": {"content": content}}
    document["paths"]["/pets"]["additionalOperations"] = {"COPY": {}}
    return json.dumps(document).encode()


def as_yaml(origin: str) -> bytes:
    return yaml.safe_dump(specification(origin)).encode()


def as_swagger_2(origin: str) -> bytes:
    version = {"name": "X-Api-Version", "in": "header", "type": "string", "enum": ["2"]}
    number = {"name": "petId", "in": "path", "type": "integer", "default": 1}
    pet = {"name": "pet", "in": "body", "schema": specification(origin)["components"]["schemas"]["Pet"]}
    paths = {
        "/pets": {
            "parameters": [version],
            "get": {"parameters": [{"name": "species", "in": "query", "type": "string"}]},
            "post": {"parameters": [pet]},
        },
        "/pets/{petId}": {"parameters": [version, number], "get": {}, "put": {"parameters": [pet]}, "delete": {}},
        "/search": {"get": {"parameters": [version, {"name": "q", "in": "query", "type": "string"}]}},
    }
    scheme, _, rest = origin.partition("://")
    host, _, folder = rest.rstrip("/").partition("/")
    base = {"schemes": [scheme], "host": host, "basePath": f"/{folder}{BASE}", "consumes": ["application/json"]}
    return json.dumps({"swagger": "2.0", "info": {"title": "Pets"}, "paths": paths, **base}).encode()


def as_postman(origin: str) -> bytes:
    headers = [{"key": name, "value": value} for name, value in VERSION.items()]
    items = [
        item(f"{{{{base}}}}{path}", method, header=headers, **({"body": _raw(body)} if body else {}))
        for method, path, body in CALLS
    ]
    return json.dumps(collection(*items, variables={"base": f"{origin.rstrip('/')}{BASE}"})).encode()


def _raw(body: str) -> dict[str, Any]:
    return {"mode": "raw", "raw": body, "options": {"raw": {"language": "json"}}}


def as_har(origin: str) -> bytes:
    entries = []
    for method, path, body in CALLS:
        data = {"postData": {"mimeType": "application/json", "text": body}} if body else {}
        entries.append(entry(f"{origin.rstrip('/')}{BASE}{path}", method, headers=VERSION, **data))
    return json.dumps(recording(*entries)).encode()


FORMS: dict[str, Callable[[str], bytes]] = {
    "openapi32": as_openapi_3_2, "yaml": as_yaml, "swagger": as_swagger_2, "postman": as_postman, "har": as_har,
}  # fmt: skip


def below_its_form(asked: Asked) -> Answer:
    """The same API once for each form, below the name of the form."""
    form, _, rest = asked.path[1:].partition("/")
    return PetApi()(replace(asked, path=f"/{rest}")) if form in FORMS else Answer("Nothing", 404)


def test_what_was_chosen_of_each_form_is_asked_for_and_attacked_and_nothing_else(wapiti: WapitiEngine, tmp_path):
    with serve(below_its_form) as site:
        read, left_out, requests = {}, {}, []
        for form, written in FORMS.items():
            read[form] = one = specifications.read(written(f"{site.url}{form}"), form)
            names = [f"{each.method} {each.path}" for each in one.endpoints]
            left_out[form] = {name for name in names if any(word in name for word in LEFT_OUT)}
            assert len(left_out[form]) == 2, names
            requests += requests_at(one.base_url, one.requests, left_out[form])
        target = a_target(site.url, requests=tuple(requests), modules=("sql",))
        events = all_of(wapiti.start(target, tmp_path, resume=False))
        asked = {(each.method, each.path) for each in site.asked}
    assert ended(events).complete
    pages = wapiti.crawled(tmp_path)
    for form, one in read.items():
        further = form == "openapi32"
        here = {(method, path) for method, path in asked if path.startswith(f"/{form}/")}
        assert here == {(method, f"/{form}{BASE}{path}") for method, path in CHOSEN | (QUERIED if further else set())}
        found = {(flaw.method, flaw.parameter) for flaw in flaws(events) if f"/{form}/" in flaw.url}
        assert found == FLAWS | ({("QUERY", "species")} if further else set())
        for covered in coverage(one.base_url, one.endpoints, left_out[form], pages):
            name = f"{covered.endpoint.method} {covered.endpoint.path}"
            seen = (covered.requested, covered.excluded, covered.worst in (200, 201))
            assert seen == ((False, True, False) if name in left_out[form] else (True, False, True)), (form, name)
    assert read["openapi32"].notes == ("1 endpoint left out: methods that are not sent (COPY).",)

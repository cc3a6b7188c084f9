"""A value that fits a schema: from its examples, defaults and choices, or else from its type and format.

A sample is bounded in depth and size, whatever the schema refers to. Where a schema contains itself, its sample ends.
"""

import math
from typing import Any

from analyses.specifications.references import Document, Place

DEEPEST = 8
MOST_VALUES = 400  # of one sample
MOST_ITEMS = 3
LONGEST_TEXT = 1_000

_BY_FORMAT = {
    "date": "2024-01-15",
    "date-time": "2024-01-15T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "alice@example.com",
    "idn-email": "alice@example.com",
    "hostname": "www.example.com",
    "ipv4": "192.0.2.10",
    "ipv6": "2001:db8::10",
    "uri": "https://www.example.com/",
    "url": "https://www.example.com/",
    "uri-reference": "/example",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "byte": "dGVzdA==",
    "base64": "dGVzdA==",
    "password": "Example-Password-1",
}
_BY_NAME = (("mail", "alice@example.com"), ("url", "https://www.example.com/"), ("phone", "+15550100"))
TEXT, NUMBER = "test", 1


class _Cut:
    """Stands for a value that was left out."""


CUT = _Cut()


class Sampler:
    """Makes samples of the schemas of one document."""

    def __init__(self, document: Document):
        self._document = document
        self._left = 0

    def sample(self, schema: Any, place: Place, name: str = "") -> Any:
        """A value of the schema; None where none can be made. Raises SpecificationError for broken references."""
        self._left = MOST_VALUES
        value = self._sample(schema, place, name, (), 0)
        return None if value is CUT else value

    def _sample(self, schema: Any, place: Place, name: str, within: tuple[str, ...], depth: int) -> Any:
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            return CUT
        schema, followed = self._document.resolved(schema, place)
        if set(followed) & set(within):
            return CUT
        if not isinstance(schema, dict):  # true and false are schemas too
            return TEXT
        found, value = given(schema)
        if found:
            return value
        within += followed
        kind = _kind(schema)
        for choice in ("oneOf", "anyOf"):
            if options := _list(schema, choice):
                chosen = self._chosen(options, (*place, choice), name, within, depth)
                return self._together(schema, [chosen], place, within, depth)
        if parts := _list(schema, "allOf"):
            made = [
                self._sample(part, (*place, "allOf", number), name, within, depth + 1)
                for number, part in enumerate(parts[:50])
            ]
            return self._together(schema, made, place, within, depth)
        if kind == "object":
            return self._object(schema, place, within, depth)
        if kind == "array":
            return self._array(schema, place, name, within, depth)
        return _scalar(kind, schema, name)

    def _chosen(self, options: list[Any], place: Place, name: str, within: tuple[str, ...], depth: int) -> Any:
        """The sample of the first of several schemas that is not null."""
        for number, option in enumerate(options[:50]):
            resolved, _ = self._document.resolved(option, (*place, number))
            if isinstance(resolved, dict) and _kind(resolved) == "null":
                continue
            value = self._sample(option, (*place, number), name, within, depth + 1)
            if value is not CUT:
                return value
        return CUT

    def _together(
        self, schema: dict[str, Any], made: list[Any], place: Place, within: tuple[str, ...], depth: int
    ) -> Any:
        """One value of several: their properties together, or the last of them."""
        whole: Any = CUT
        if isinstance(schema.get("properties"), dict):
            made = [*made, self._object(schema, place, within, depth)]
        for value in made:
            if isinstance(whole, dict) and isinstance(value, dict):
                whole = {**whole, **value}
            elif value is not CUT and not isinstance(whole, dict):  # a part may only describe or require
                whole = value
        return whole

    def _object(self, schema: dict[str, Any], place: Place, within: tuple[str, ...], depth: int) -> dict[str, Any]:
        made = {}
        properties = schema.get("properties")
        for name, inner in properties.items() if isinstance(properties, dict) else ():
            there = (*place, "properties", name)
            resolved, _ = self._document.resolved(inner, there)
            if isinstance(resolved, dict) and resolved.get("readOnly") is True:
                continue
            value = self._sample(inner, there, name, within, depth + 1)
            if value is not CUT:
                made[name] = value
        others = schema.get("additionalProperties")
        if not made and isinstance(others, dict):
            value = self._sample(others, (*place, "additionalProperties"), "key", within, depth + 1)
            made = {} if value is CUT else {"key": value}
        return made

    def _array(self, schema: dict[str, Any], place: Place, name: str, within: tuple[str, ...], depth: int) -> list[Any]:
        first = _list(schema, "prefixItems")
        inner = first[0] if first else schema.get("items", {})
        value = self._sample(inner, (*place, "items"), name, within, depth + 1)
        if value is CUT:
            return []
        return [value] * max(1, min(MOST_ITEMS, int(_number(schema.get("minItems"), 1))))


def given(schema: dict[str, Any]) -> tuple[bool, Any]:
    """Whether a schema says itself which value to take, and the value."""
    for key in ("example", "x-example", "default", "const"):
        if key in schema:
            return True, schema[key]
    for key in ("examples", "enum"):
        values = schema.get(key)
        if isinstance(values, list) and values:
            return True, next((value for value in values if value is not None), None)
    return False, None


def _kind(schema: dict[str, Any]) -> str:
    kinds = schema.get("type")
    named = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    kind = next((kind for kind in named if kind != "null"), "null" if named else "")
    if kind or not isinstance(kind, str):
        return str(kind)
    if "properties" in schema or "additionalProperties" in schema:
        return "object"
    return "array" if "items" in schema or "prefixItems" in schema else ""


def _list(schema: dict[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _number(value: Any, otherwise: float) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e18
    return value if usable and math.isfinite(value) else otherwise


def _scalar(kind: str, schema: dict[str, Any], name: str) -> Any:
    if kind == "null":
        return None
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return _between(schema, whole=kind == "integer")
    return _text(schema, name)


def _between(schema: dict[str, Any], *, whole: bool) -> float:
    """A number within the limits of a schema. Exclusive ones are flags up to OpenAPI 3.0, numbers after it."""
    low, high = _number(schema.get("minimum"), -math.inf), _number(schema.get("maximum"), math.inf)
    beyond, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    low = max(low + (beyond is True), _number(beyond, -math.inf) + 1)
    high = min(high - (below is True), _number(below, math.inf) - 1)
    value = min(max(float(NUMBER), low), high)
    return math.ceil(value) if whole and math.isfinite(value) else value if math.isfinite(value) else NUMBER


def _text(schema: dict[str, Any], name: str) -> str:
    form = schema.get("format")
    value = _BY_FORMAT.get(form, "") if isinstance(form, str) else ""
    lowered = name.lower()
    value = value or next((text for word, text in _BY_NAME if word in lowered), "")
    value = value or ("1" if lowered.endswith("id") else TEXT)
    if not form:
        shortest = int(min(_number(schema.get("minLength"), 0), LONGEST_TEXT))
        longest = int(_number(schema.get("maxLength"), LONGEST_TEXT))
        value = value.ljust(shortest, "a")
        value = value[:longest] if longest > 0 else value
    return value

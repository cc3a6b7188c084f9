"""Reads Postman collections 2.0 and 2.1: every request in every folder, its variables filled in."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from analyses.said import Count
from analyses.said import said as _
from analyses.specifications.assembling import of_one_origin
from analyses.specifications.contract import METHODS, Call, SpecificationError, pointer, shown
from analyses.specifications.parameters import FILE_NAME, FILE_TEXT, FORM, JSON, PARTS
from analyses.specifications.recorded import kept_headers, split_pairs
from analyses.specifications.references import Place
from analyses.specifications.writing import in_path, in_query, multipart

MOST_ITEMS = 10_000
MOST_ROUNDS = 5  # variables whose values hold variables
LONGEST_VALUE = 100_000
_VARIABLE = re.compile(r"\{\{([^{}]{1,200})\}\}")
_PLAIN = {"$guid": "123e4567-e89b-42d3-a456-426614174000", "$randomUUID": "123e4567-e89b-42d3-a456-426614174000"}


def form_of(document: dict[str, Any]) -> str:
    """Which version the collection says it is; empty when it is none that is read."""
    info = document.get("info")
    schema = info.get("schema", "") if isinstance(info, dict) else ""
    match = re.search(r"collection/v(2\.[01])(\.|$)", schema) if isinstance(schema, str) else None
    return f"Postman {match[1]}" if match and isinstance(document.get("item"), list) else ""


def read_postman(root: dict[str, Any]) -> tuple[str, str, list[Call], list[str]]:
    """Title, base URL, calls and notes. Raises SpecificationError."""
    notes: list[str] = []
    values = _variables(root)
    calls: list[tuple[str, Call]] = []
    for item, place in _items(root["item"]):
        if found := _call(item, values, place):
            calls.append(found)
    base, kept = of_one_origin(calls, notes.append)
    return root["info"].get("name", ""), base, kept, notes


def _items(given: list[Any]) -> Iterator[tuple[dict[str, Any], Place]]:
    """The requests in their order, folders opened."""
    waiting: list[tuple[Any, Place]] = []
    waiting += [(item, ("item", number)) for number, item in enumerate(given)][::-1]
    seen = 0
    while waiting:
        item, place = waiting.pop()
        seen += 1
        if seen > MOST_ITEMS:
            raise SpecificationError(
                _("The collection has more than %(most)s items. Split it into several.", most=Count(MOST_ITEMS))
            )
        if not isinstance(item, dict):
            continue
        inner = item.get("item")
        if isinstance(inner, list):
            waiting += [(one, (*place, "item", number)) for number, one in enumerate(inner)][::-1]
        elif "request" in item:
            yield item, place


def _variables(root: dict[str, Any]) -> dict[str, str]:
    given = root.get("variable")
    return {
        str(one.get("key", one.get("id"))): _text(one.get("value"))
        for one in (given if isinstance(given, list) else ())
        if isinstance(one, dict) and one.get("disabled") is not True
    }


def _resolved(text: str, values: dict[str, str]) -> str:
    """A text with those of its variables filled in that have a value."""
    for _round in range(MOST_ROUNDS):
        if "{{" not in text or len(text) > LONGEST_VALUE:
            break
        text = _VARIABLE.sub(lambda match: values.get(match[1].strip(), match[0]), text)
    return text


def _filled(text: str, values: dict[str, str]) -> str:
    """A text with its variables filled in. What has no value gets a plain one."""
    text = _resolved(text, values)
    return _VARIABLE.sub(lambda match: _PLAIN.get(match[1].strip(), "1"), text)[:LONGEST_VALUE]


def _call(item: dict[str, Any], values: dict[str, str], place: Place) -> tuple[str, Call] | None:
    request = item["request"]
    request = {"url": request, "method": "GET"} if isinstance(request, str) else request
    if not isinstance(request, dict):
        raise SpecificationError(
            _("The request at %(place)s cannot be read. Export the collection again.", place=pointer(*place))
        )
    method = _text(request.get("method") or "GET").upper()
    if method not in METHODS:
        return None
    origin, template, target = _address(request.get("url"), values)
    body, content_type = _body(request.get("body"), values)
    headers = request.get("header")
    pairs = [_pair(one, values) for one in (headers if isinstance(headers, list) else ()) if _is_used(one)]
    named = next((value for name, value in pairs if name.lower() == "content-type"), "")
    return origin, Call(
        method, template, target, _text(item.get("name")), kept_headers(pairs), body,
        (content_type or named) if body else "",
    )  # fmt: skip


def _address(url: Any, values: dict[str, str]) -> tuple[str, str, str]:
    """Origin (empty when it is a variable without a value), path template and target of a request."""
    raw = url.get("raw") if isinstance(url, dict) else url
    raw = _text(raw).partition("#")[0].strip()
    parts = url if isinstance(url, dict) else {}
    if not raw:
        raw = _put_together(parts)
    given = parts.get("variable")
    own = {
        _text(one.get("key", one.get("id"))): _text(one.get("value"))
        for one in (given if isinstance(given, list) else ())
        if isinstance(one, dict)
    }
    address, _mark, query = raw.partition("?")
    host, path = _split(address, values)
    template, filled = [], []
    for segment in path.split("/"):
        name = segment[1:] if segment.startswith(":") and len(segment) > 1 else ""
        template.append(f"{{{name}}}" if name else _VARIABLE.sub(lambda match: f"{{{match[1].strip()}}}", segment))
        filled.append(
            in_path(_filled(own.get(name, ""), values)) if name else in_path(_filled(segment, values), whole=True)
        )
    pairs = [(_filled(name, values), _filled(value, values)) for name, value in _query(parts, query)]
    query = in_query(pairs)
    return host, "/".join(template), "/".join(filled) + (f"?{query}" if query else "")


def _split(address: str, values: dict[str, str]) -> tuple[str, str]:
    """Origin and path of an address. A variable that it begins with is the origin, with whatever path it holds."""
    begins = re.match(r"\{\{([^{}]{1,200})\}\}", address)
    if begins and begins[1].strip() not in values:
        return "", f"/{address[begins.end() :].lstrip('/')}"
    first = _filled(begins[0], values) if begins else ""
    address = first + address[begins.end() :] if begins else address
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "http", address
    host, _slash, path = rest.partition("/")
    try:
        parts = urlsplit(_resolved(f"{scheme}://{host}", values))
        usable = parts.scheme in ("http", "https") and parts.hostname and "{{" not in parts.netloc
    except ValueError:
        usable = False
    return (f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if usable else ""), f"/{path}"


def _put_together(parts: dict[str, Any]) -> str:
    """The address of a request that is given in parts only."""
    host, path = parts.get("host"), parts.get("path")
    host = ".".join(map(_text, host)) if isinstance(host, list) else _text(host)
    path = "/".join(map(_text, path)) if isinstance(path, list) else _text(path).lstrip("/")
    port = f":{_text(parts['port'])}" if parts.get("port") else ""
    protocol = f"{_text(parts['protocol'])}://" if parts.get("protocol") else ""
    return f"{protocol}{host}{port}/{path}"


def _query(parts: dict[str, Any], query: str) -> list[tuple[str, str]]:
    given = parts.get("query")
    if not isinstance(given, list):
        return split_pairs(query)
    return [
        (_text(one.get("key")), _text(one.get("value")))
        for one in given
        if isinstance(one, dict) and one.get("disabled") is not True and one.get("key")
    ]


def _body(body: Any, values: dict[str, str]) -> tuple[str, str]:
    """A body and its content type, which is empty where the request's headers have to say it."""
    if not isinstance(body, dict) or body.get("disabled") is True:
        return "", ""
    mode = body.get("mode")
    if mode == "raw":
        text = _filled(_text(body.get("raw")), values)
        options = body.get("options")
        raw = options.get("raw") if isinstance(options, dict) else None
        language = raw.get("language") if isinstance(raw, dict) else ""
        return text, JSON if language == "json" or _is_json(text) else ""
    if mode == "graphql" and isinstance(body.get("graphql"), dict):
        return _filled(json.dumps(body["graphql"]), values), JSON
    fields = body.get(mode) if mode in ("urlencoded", "formdata") else None
    used = [one for one in fields if _is_used(one)] if isinstance(fields, list) else []
    pairs = [_pair(one, values) for one in used if one.get("type") != "file"]
    if mode == "urlencoded":
        return in_query(pairs), FORM
    if mode == "formdata":
        files = [_text(one.get("key")) for one in used if one.get("type") == "file"]
        return multipart(pairs, [(name, FILE_NAME, FILE_TEXT, "text/plain") for name in files]), PARTS
    return "", ""


def _is_used(given: Any) -> bool:
    return isinstance(given, dict) and given.get("disabled") is not True


def _pair(given: dict[str, Any], values: dict[str, str]) -> tuple[str, str]:
    return _filled(_text(given.get("key")), values), _filled(_text(given.get("value")), values)


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else shown(json.dumps(value), 1_000)

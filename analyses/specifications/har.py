"""Reads HAR 1.2, what a browser recorded: the requests of one host, each endpoint once, without who recorded it."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from analyses.said import Count
from analyses.said import said as _
from analyses.said import said_of as ngettext
from analyses.specifications.assembling import of_one_origin
from analyses.specifications.contract import METHODS, Call, SpecificationError, pointer
from analyses.specifications.parameters import FILE_NAME, FILE_TEXT, FORM, JSON, PARTS
from analyses.specifications.recorded import (
    IN_PLACE_OF_A_SECRET,
    SECRET_NAME,
    kept_headers,
    split_pairs,
    without_secrets,
)
from analyses.specifications.writing import Pairs, in_header, in_path, in_query, multipart

MOST_ENTRIES = 20_000
DEEPEST = 50  # of a recorded JSON body
_SHAPE = re.compile(r"[0-9]+|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}")
_STATIC = re.compile(
    r"\.(css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|otf|eot|mp[34]|webm)$", re.IGNORECASE
)
_STATIC_KINDS = ("image/", "font/", "text/css", "video/", "audio/", "application/javascript", "text/javascript")


def form_of(document: dict[str, Any]) -> str:
    """Which version the recording says it is; empty when it is none."""
    log = document.get("log")
    return "HAR 1.2" if isinstance(log, dict) and isinstance(log.get("entries"), list) else ""


def read_har(root: dict[str, Any]) -> tuple[str, str, list[Call], list[str]]:
    """Title, base URL, calls and notes. Raises SpecificationError."""
    log = root["log"]
    notes: list[str] = []
    if len(log["entries"]) > MOST_ENTRIES:
        raise SpecificationError(
            _("The recording has more than %(most)s requests. Record less at once.", most=Count(MOST_ENTRIES))
        )
    calls: list[tuple[str, Call]] = []
    static = 0
    for number, entry in enumerate(log["entries"]):
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(request, dict):
            raise SpecificationError(
                _(
                    "There is no request at %(place)s. Record it again, or remove that entry.",
                    place=pointer("log", "entries", number),
                )
            )
        if _is_static(entry, request):
            static += 1
        elif found := _call(request):
            calls.append(found)
    if static:
        notes.append(
            ngettext(
                "%(count)s request for pictures, styles and scripts left out.",
                "%(count)s requests for pictures, styles and scripts left out.",
                static,
            )
        )
    base, kept = of_one_origin(calls, notes.append)
    pages = log.get("pages")
    first = pages[0] if isinstance(pages, list) and pages else None
    return (first.get("title", "") if isinstance(first, dict) else ""), base, kept, notes


def _is_static(entry: dict[str, Any], request: dict[str, Any]) -> bool:
    response = entry.get("response")
    content = response.get("content") if isinstance(response, dict) else None
    kind = content.get("mimeType") if isinstance(content, dict) else ""
    path = _text(request.get("url")).partition("?")[0]
    is_get = _text(request.get("method")).upper() in ("GET", "")
    return is_get and (bool(_STATIC.search(path)) or _text(kind).lower().startswith(_STATIC_KINDS))


def _call(request: dict[str, Any]) -> tuple[str, Call] | None:
    """Origin and call of a request; None for what no scan can send: preflights, web sockets, odd methods."""
    method = _text(request.get("method")).upper() or "GET"
    try:
        parts = urlsplit(_text(request.get("url")))
        usable = parts.scheme in ("http", "https") and parts.hostname and method in METHODS
    except ValueError:
        return None
    headers = _pairs(request.get("headers"))
    names = {name.lower() for name, _value in headers}
    if not usable or (method == "OPTIONS" and "access-control-request-method" in names):
        return None
    path = in_path(parts.path or "/", whole=True)
    query = in_query(without_secrets(split_pairs(parts.query)))
    template = "/".join("{id}" if _SHAPE.fullmatch(segment) else segment for segment in path.split("/"))
    body, content_type = _body(request.get("postData"))
    call = Call(
        method, template, f"{path}?{query}" if query else path, "", kept_headers(headers, recorded=True), body,
        content_type,
    )  # fmt: skip
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", call


def _body(data: Any) -> tuple[str, str]:
    if not isinstance(data, dict):
        return "", ""
    kind, text = in_header(_text(data.get("mimeType"))), _text(data.get("text"))
    lowered = kind.lower()
    if lowered.startswith(PARTS):
        given = data.get("params")
        params = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        files = [(_text(one.get("name")), FILE_NAME, FILE_TEXT, "text/plain") for one in params if one.get("fileName")]
        fields = [(_text(one.get("name")), _text(one.get("value"))) for one in params if not one.get("fileName")]
        return (multipart(without_secrets(fields), files), PARTS) if params else ("", "")
    if lowered.startswith(FORM):
        return in_query(without_secrets(_pairs(data.get("params")) or split_pairs(text))), FORM
    if "json" in lowered or text.lstrip()[:1] in ("{", "["):
        try:
            return json.dumps(_without_secrets(json.loads(text), 0)), kind if "json" in lowered else JSON
        except (ValueError, RecursionError):
            return "", ""
    return (text, kind or "text/plain") if text else ("", "")


def _without_secrets(value: Any, depth: int) -> Any:
    """A recorded JSON value, with a plain text in place of each that may be somebody's password or session."""
    if depth > DEEPEST:
        return None
    if isinstance(value, list):
        return [_without_secrets(inner, depth + 1) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        name: IN_PLACE_OF_A_SECRET
        if isinstance(inner, str) and SECRET_NAME.search(name)
        else _without_secrets(inner, depth + 1)
        for name, inner in value.items()
    }


def _pairs(given: Any) -> Pairs:
    return [
        (_text(one.get("name")), _text(one.get("value")))
        for one in (given if isinstance(given, list) else ())
        if isinstance(one, dict)
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

"""Writes values the way a request carries them: in a path, a query, a header or a body."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

LEFT_IN_PATH = "/:@!$&'()*+,;=~-._"
Pairs = list[tuple[str, str]]


def plain(value: Any) -> str:
    """A value as a text, as JSON writes it."""
    if isinstance(value, str):
        return value
    return json.dumps(value)


def listed(value: Any, separator: str = ",") -> str:
    """A value as one text: the parts of a list or mapping one after the other."""
    if isinstance(value, dict):
        value = [part for pair in value.items() for part in pair]
    return separator.join(map(plain, value)) if isinstance(value, list) else plain(value)


def in_path(text: str, *, whole: bool = False) -> str:
    """Percent-encode what stands for a part of a path, or a whole path."""
    if whole:
        return quote(_encodable(text), safe=LEFT_IN_PATH + "%")
    segment = quote(_encodable(text), safe="") or "1"
    return "1" if segment.strip(".") == "" else segment


def in_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Percent-encode the parameters of a query or a form."""
    return urlencode([(_encodable(name), _encodable(value)) for name, value in pairs], quote_via=quote)


def in_header(text: str) -> str:
    """What can stand in the line of a header."""
    return "".join(c for c in text if 32 <= ord(c) < 127).strip()[:1_000]


def flat(value: Any) -> Pairs:
    """The fields of a form for a value: lists repeat their name, what is nested is written as JSON."""
    if not isinstance(value, dict):
        return []
    pairs: Pairs = []
    for name, inner in value.items():
        several = inner if isinstance(inner, list) else [inner]
        pairs += [(name, "" if one is None else plain(one)) for one in several]
    return pairs


def multipart(fields: Pairs, files: Iterable[tuple[str, str, str, str]]) -> str:
    """A multipart body before it is put into parts: fields, and files by field, name, text and type."""
    return json.dumps({"fields": fields, "files": list(files)})


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()

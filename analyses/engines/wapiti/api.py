"""The requests of an API as the launcher is told them, each checked: within the target, and nothing but a request."""

import json
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from analyses.engines.contract import ApiRequest, EngineError, Target
from analyses.said import said as _

METHODS = ("GET", "HEAD", "OPTIONS", "QUERY", "POST", "PUT", "PATCH", "DELETE")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MULTIPART = "multipart/form-data"
# Deleting comes last: what is gone can answer nothing else.
_ORDER = {method: number for number, method in enumerate(METHODS)}


def base(target: Target) -> str:
    """What the address of every request begins with, but for the base URL's own: it ends in /. Of a page, the page."""
    if target.scope == "page":
        return target.url.partition("?")[0]
    return f"{target.url.partition('?')[0].rstrip('/')}/"


def asked(target: Target) -> list[dict[str, Any]]:
    """The requests of a target for `asking`. Raises EngineError for one that leads out of the target."""
    requests = sorted(target.requests, key=lambda request: _ORDER.get(request.method, len(METHODS)))
    return [_told(request, target) for request in requests]


def _told(request: ApiRequest, target: Target) -> dict[str, Any]:
    if request.method not in METHODS:
        raise EngineError(_("A request of the API has a method that is not sent."))
    if not _is_within(request.url, target):
        raise EngineError(_("A request of the API leads out of its base URL."))
    headers = dict(request.headers)
    if not all(_NAME.fullmatch(name) and value.isascii() and value.isprintable() for name, value in headers.items()):
        raise EngineError(_("A header of a request of the API contains characters that no header has."))
    if not (request.content_type.isascii() and request.content_type.isprintable()):
        raise EngineError(_("The content type of a request of the API contains characters that none has."))
    told = {"method": request.method, "url": request.url, "headers": headers, "body": request.body}
    return told | {"content_type": request.content_type, "fields": [], "files": [], **_parts(request)}


def _parts(request: ApiRequest) -> dict[str, Any]:
    """The fields and files of a multipart body, see `specifications.writing.multipart`. Raises EngineError."""
    if request.content_type != _MULTIPART:
        return {}
    try:
        parts = json.loads(request.body)
        fields = [[str(name), str(value)] for name, value in parts["fields"]]
        files = [[str(one) for one in (name, file, text, kind)] for name, file, text, kind in parts["files"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise EngineError(_("The parts of a request of the API cannot be read.")) from None
    return {"body": "", "fields": fields, "files": files}


def _is_within(url: str, target: Target) -> bool:
    if not (url.isascii() and url.isprintable()) or any(character in url for character in " \\#"):
        return False
    bare = url.partition("?")[0]
    if target.scope == "page":  # one of its requests is tested again
        return bare == base(target)
    if not (bare == base(target)[:-1] or bare.startswith(base(target))):
        return False
    segments = [unquote(segment) for segment in urlsplit(url).path.split("/")]
    return not any(segment in (".", "..") or "\\" in segment for segment in segments)

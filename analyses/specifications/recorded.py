"""What is kept of a request that somebody sent or wrote down: not who they were, and not how it was carried."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from analyses.specifications.writing import Pairs, in_header

MOST_PAIRS = 200
_DROPPED = frozenset({
    "accept-encoding", "authorization", "connection", "content-length", "content-type", "cookie", "dnt", "host",
    "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "keep-alive", "origin",
    "priority", "proxy-authorization", "proxy-connection", "range", "referer", "te", "trailer", "transfer-encoding",
    "upgrade", "upgrade-insecure-requests", "user-agent",
})  # fmt: skip
_DROPPED_BEGINNINGS = (":", "sec-", "cf-", "x-forwarded-")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
SECRET_NAME = re.compile(
    r"pass|pwd|secret|token|sess(ion)?|^sid$|auth|api.?key|csrf|xsrf|jwt|signature|otp", re.IGNORECASE
)
IN_PLACE_OF_A_SECRET = "Example-Secret-1"  # noqa: S105 - it is none


def kept_headers(pairs: Iterable[tuple[str, str]], *, recorded: bool = False) -> tuple[tuple[str, str], ...]:
    """The headers that a request needs: not the sender's own. Of a `recorded` one, none that may hold a secret."""
    kept: dict[str, tuple[str, str]] = {}
    for name, value in pairs:
        lowered = name.lower().strip()
        if lowered in _DROPPED or lowered.startswith(_DROPPED_BEGINNINGS) or not _NAME.fullmatch(name.strip()):
            continue
        if recorded and SECRET_NAME.search(lowered):
            continue
        if written := in_header(value):
            kept[lowered] = (name.strip(), written)
    return tuple(kept.values())[:50]


def without_secrets(pairs: Pairs) -> Pairs:
    """Recorded fields, with a plain value in place of each that may be somebody's password or session."""
    return [(name, IN_PLACE_OF_A_SECRET if SECRET_NAME.search(name) else value) for name, value in pairs]


def split_pairs(query: str) -> Pairs:
    """The parameters of a query, decoded."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PAIRS)
    except ValueError:  # more of them
        return []

"""A stored request as a command, to make it again by hand. It is hostile: a shell takes all of it as text."""

import re
import shlex
from urllib.parse import urlsplit

from analyses.lifecycle.results import KEPT_EVIDENCE

# What the engine wrote for its own connection; curl writes its own.
_OWN = frozenset({"content-length", "connection", "accept-encoding", "transfer-encoding"})
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_METHOD = re.compile(r"[A-Z]{1,20}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def curl(url: str, request: str) -> str:
    """The command; empty where the request is not known in full, or would show otherwise than it is read.

    `url` says by which scheme and to which host it went; the rest is in the request.
    """
    text = request.replace("\r\n", "\n")
    if len(request) >= KEPT_EVIDENCE or _UNPRINTABLE.search(text):
        return ""
    head, _, body = text.partition("\n\n")
    first, *lines = head.split("\n")
    method, path, *_ = [*first.split(" "), "", ""]
    where = urlsplit(url)
    headers = dict(_headers(lines, where.netloc))
    if where.scheme not in ("http", "https") or not _METHOD.fullmatch(method) or not path.startswith("/"):
        return ""
    if "multipart" in headers.get("content-type", ""):  # where its parts end is not to be seen in what is stored
        return ""
    # As it was sent: no path is tidied up, and no brackets stand for many addresses.
    address = f"{where.scheme}://{where.netloc}{path}"
    command = [f"curl --include --globoff --path-as-is --request {method} {_quoted(address)}"]
    command += [f"--header {_quoted(line)}" for line in headers.values()]
    command += [f"--data-raw {_quoted(body)}"] if body else []
    return " \\\n  ".join(command)


def _headers(lines: list[str], host: str) -> list[tuple[str, str]]:
    """Those to send, by their names; the host only where it is not that of the address."""
    named = [(line.partition(":")[0].strip(), line) for line in lines]
    return [
        (name.lower(), line)
        for name, line in named
        if _NAME.fullmatch(name) and name.lower() not in _OWN and line.lower() != f"host: {host}".lower()
    ]


def _quoted(text: str) -> str:
    """One word for the shell, always between quotes: what a site wrote is easier told from the command."""
    word = shlex.quote(text)
    return word if word.startswith("'") else f"'{word}'"

"""What is read from a file that describes an API: plain data, and the limits that it is kept to."""

from dataclasses import dataclass, field

from analyses.said import said as _

MOST_BYTES = 5 * 1024**2  # of a file
MOST_ENDPOINTS = 2_000
MOST_BODY = 64 * 1024  # characters of one request's body
MOST_ADDRESS = 1_800  # characters of one request's path and query
MOST_REQUESTS = 8 * 1024**2  # characters of all requests, as they are stored
LONGEST_TEXT = 200  # characters of a title or a summary
METHODS = ("GET", "HEAD", "OPTIONS", "QUERY", "POST", "PUT", "PATCH", "DELETE")

FORMS_READ = _("OpenAPI 2.0 and 3.0 to 3.2 (JSON or YAML), Postman collections 2.0 and 2.1, and HAR 1.2")


class SpecificationError(Exception):
    """The file cannot be used. The message is for people: what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Endpoint:
    """A method and a path template, such as GET /pets/{id}."""

    method: str
    path: str
    summary: str = ""


@dataclass(frozen=True)
class Specification:
    """An API as it was read.

    `base_url` is an http(s) address; or only its path, such as /v1, where the file names no host; or empty.
    `requests` is what `analyses.specifications.requests` reads: one request for each endpoint, in their order.
    `notes` say, for people, what was left out.
    """

    form: str
    title: str
    base_url: str
    endpoints: tuple[Endpoint, ...]
    requests: str = field(repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """One endpoint with a request that stands for it. `target` is its path and query, percent-encoded."""

    method: str
    path: str
    target: str
    summary: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    content_type: str = ""


def pointer(*parts: object) -> str:
    """A place in a document, as JSON Pointer writes it, cut where it would go on for ever."""
    text = "/" + "/".join(shown(str(part).replace("~", "~0").replace("/", "~1"), 60) for part in parts)
    return text if len(text) <= 300 else f"{text[:299]}…"


def shown(text: object, longest: int = LONGEST_TEXT) -> str:
    """A text of a file for people: on one line, without what cannot be printed, and not endlessly long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * longest]).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"

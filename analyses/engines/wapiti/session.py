"""Reads Wapiti's session database, while Wapiti writes it or after its end.

Its columns of pickled Python objects (headers) are never touched: they hold what the target sent.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import responses
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from analyses.engines.contract import CrawledPage, FoundFlaw, Severity

BUSY_SECONDS = 2.0
MOST_AT_ONCE = 200  # flaws: each comes with a whole page
LONGEST_EXTRACT = 4_096  # bytes of a response
LONGEST_REQUEST = 8_192
LONGEST_URL = 4_000
RAW = "__RAW__"  # the name of a body that is no form
SEVERITIES = {4: Severity.CRITICAL, 3: Severity.HIGH, 2: Severity.MEDIUM, 1: Severity.LOW}

# A request of the crawl, by its number, and the module that attacks it.
Attack = tuple[int, str]
# Of each stored request: type (GET, POST or FILE), name and value.
Parameters = list[tuple[str, str, str | None]]

# Whatever a damaged database holds, each column comes out as the type it should have.
_PAYLOADS = """
    SELECT payloads.rowid, coalesce(CAST(payloads.module AS TEXT), ''), coalesce(CAST(payloads.category AS TEXT), ''),
           CAST(payloads.level AS INTEGER), CAST(payloads.parameter AS TEXT), coalesce(CAST(payloads.info AS TEXT), ''),
           coalesce(CAST(payloads.wstg AS TEXT), ''), paths.path_id, coalesce(CAST(paths.path AS TEXT), ''),
           coalesce(CAST(paths.method AS TEXT), ''), coalesce(CAST(paths.enctype AS TEXT), ''),
           CASE WHEN responses.status_code BETWEEN 100 AND 599 THEN CAST(responses.status_code AS INTEGER) END,
           CAST(responses.body AS BLOB)
    FROM payloads JOIN paths ON paths.path_id = payloads.evil_path_id
    LEFT JOIN responses ON responses.response_id = payloads.response_id
    WHERE payloads.rowid > ? ORDER BY payloads.rowid LIMIT ?
"""
_PAGES = """
    SELECT paths.path_id, coalesce(CAST(paths.method AS TEXT), ''), coalesce(CAST(paths.path AS TEXT), ''),
           coalesce(CAST(paths.referer AS TEXT), ''),
           CASE WHEN responses.status_code BETWEEN 100 AND 599 THEN CAST(responses.status_code AS INTEGER) END
    FROM paths LEFT JOIN responses ON responses.response_id = paths.response_id
    WHERE NOT paths.evil AND paths.headers IS NOT NULL ORDER BY paths.path_id
"""
_PAGE_COUNT = "SELECT count(*) FROM paths WHERE NOT evil AND headers IS NOT NULL"
_PARAMETERS = """
    SELECT params.path_id, CAST(params.type AS TEXT), coalesce(CAST(params.name AS TEXT), ''),
           CAST(params.value1 AS TEXT)
    FROM params JOIN paths ON paths.path_id = params.path_id
    WHERE {} ORDER BY params.type, params.position
"""


@dataclass(frozen=True)
class StoredPage:
    """A request of the crawl."""

    number: int
    method: str
    path: str
    referer: str
    status: int | None
    parameters: tuple[tuple[str, str, str | None], ...]

    @property
    def url(self) -> str:
        return with_query(self.path, list(self.parameters))

    def has(self, parameter: str) -> bool:
        """Whether it carries this parameter. One of a JSON body is named by its keys, with dots between them."""
        return any(
            name == parameter or (name == RAW and value is not None and _leads_to_a_value(parameter, value))
            for _, name, value in self.parameters
        )


class StoredFlaw(NamedTuple):
    """A row of _PAYLOADS."""

    row: int
    module: str
    category: str
    level: int
    parameter: str | None
    info: str
    wstg: str
    path_id: int
    path: str
    method: str
    enctype: str
    status: int | None
    body: bytes | None

    def key(self, parameters: Parameters) -> tuple[object, ...]:
        """What makes two rows the same flaw: all but the injected value."""
        others = tuple(given for given in parameters if given[1] not in (self.parameter, RAW))
        return self.module, self.category, self.method, self.path, self.parameter, self.info, others

    def flaw(self, parameters: Parameters) -> FoundFlaw:
        return FoundFlaw(
            category=self.category,
            severity=SEVERITIES.get(self.level, Severity.INFO),
            method=self.method,
            url=with_query(self.path, parameters)[:LONGEST_URL],
            parameter=self.parameter or "",
            module=self.module,
            info=self.info,
            wstg=_codes(self.wstg),
            request=_request(self.method, self.path, self.enctype, parameters)[:LONGEST_REQUEST],
            response=_extract(self.status, self.body, self.parameter, parameters),
        )


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database for reading. Not as a read-only file: after a kill, SQLite first has to tidy up behind it."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA query_only = ON")
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        yield connection


def pages(path: Path) -> list[StoredPage]:
    """The requests of the crawl. Raises sqlite3.Error when they cannot be read now."""
    with opened(path) as connection:
        given: dict[int, Parameters] = defaultdict(list)
        for number, kind, name, value in connection.execute(_PARAMETERS.format("NOT paths.evil")):
            given[number].append((kind, name, value))
        return [
            StoredPage(number, method, address, referer, status, tuple(given[number]))
            for number, method, address, referer, status in connection.execute(_PAGES)
            if _is_address(address)
        ]


def page_count(path: Path) -> int:
    """How many requests the crawl has stored so far. Raises sqlite3.Error."""
    with opened(path) as connection:
        count: int = connection.execute(_PAGE_COUNT).fetchone()[0]
        return count


def crawled_pages(path: Path) -> list[CrawledPage]:
    """The pages of the crawl, each once. Raises sqlite3.Error."""
    seen = {(page.method, page.url): page.status for page in pages(path)}
    return [CrawledPage(method, url, status) for (method, url), status in seen.items()]


class Findings:
    """Reads the flaws of one session, each of them once, in the order in which they were found."""

    def __init__(self) -> None:
        self._last_row = 0
        self._seen: set[int] = set()

    def new(self, path: Path) -> tuple[list[FoundFlaw], bool]:
        """Flaws stored since the last time, and whether there are more. Raises sqlite3.Error when it cannot read now.

        A module that was cut and runs again finds its flaws again, with other random values in them: what differs
        in nothing but the injected value is the same flaw.
        """
        read, flaws = 0, []
        try:
            with opened(path) as connection:
                for row in connection.execute(_PAYLOADS, (self._last_row, MOST_AT_ONCE)):
                    stored = StoredFlaw(*row)
                    of_request = connection.execute(_PARAMETERS.format("params.path_id = ?"), (stored.path_id,))
                    parameters = [(kind, name, value) for _, kind, name, value in of_request]
                    read += 1
                    self._last_row, key = stored.row, hash(stored.key(parameters))
                    if key not in self._seen and _is_address(stored.path):
                        self._seen.add(key)
                        flaws.append(stored.flaw(parameters))
        except sqlite3.Error:
            if not read:
                raise
            return flaws, True  # what could be read is not lost; the next time meets the error again
        return flaws, read == MOST_AT_ONCE


def with_query(address: str, parameters: Parameters) -> str:
    """The address with the GET parameters among these."""
    pairs = [(name, value) for kind, name, value in parameters if kind == "GET"]
    if not pairs or "?" in address:
        return address
    return f"{address}?{_encoded(pairs)}"


def _leads_to_a_value(parameter: str, body: str) -> bool:
    """Whether there is a value at `a.0.b` of a JSON body. Keys may hold dots themselves."""
    try:
        waiting = [(json.loads(body), parameter)]
    except (ValueError, RecursionError):
        return False
    while waiting:
        value, path = waiting.pop()
        if not path:
            return True
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        waiting += [(one, path[len(str(key)) + 1 :]) for key, one in inner if f"{path}.".startswith(f"{key}.")]
    return False


def _is_address(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https")
    except ValueError:
        return False


def _encoded(pairs: list[tuple[str, str | None]]) -> str:
    return "&".join(
        urlencode([(name, value)], quote_via=quote) if value is not None else quote(name) for name, value in pairs
    )


def _codes(stored: str) -> tuple[str, ...]:
    try:
        codes = json.loads(stored)
    except (ValueError, RecursionError):
        return ()
    return tuple(str(code) for code in codes) if isinstance(codes, list) else ()


def _request(method: str, address: str, enctype: str, parameters: Parameters) -> str:
    """The request as text, without the headers of the session."""
    parts = urlsplit(with_query(address, parameters))
    lines = [
        f"{method} {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1",
        f"Host: {parts.netloc}",
    ]
    body = [(name, value) for kind, name, value in parameters if kind != "GET"]
    if not body:
        return "\n".join(lines)
    if body[0][0] == RAW:
        text = body[0][1] or ""
    elif "multipart" in (enctype or ""):
        text = "\n".join(f"{name}: {value}" for name, value in body)
    else:
        text = _encoded(body)
    return "\n".join([*lines, f"Content-Type: {enctype}", "", text])


def _extract(status: int | None, body: bytes | None, parameter: str | None, parameters: Parameters) -> str:
    """The status line, and the part of the answer around the injected value."""
    if status is None:
        return ""
    page = body or b""
    injected = next((value for _, name, value in parameters if name == parameter and value), "")
    spot = page.find(injected.encode("utf-8", "replace")) if injected else -1
    begin = max(0, spot - LONGEST_EXTRACT // 4)
    end = begin + LONGEST_EXTRACT
    before, after = ("…" if begin else ""), ("…" if len(page) > end else "")
    text = page[begin:end].decode("utf-8", "replace")
    return f"HTTP/1.1 {status} {responses.get(status, '')}\n\n{before}{text}{after}"


def attacked(path: Path) -> set[Attack]:
    """Which attacks have been made. Raises sqlite3.Error."""
    with opened(path) as connection:
        return set(connection.execute("SELECT path_id, module FROM attack_logs"))


def reduce_to(attacks: set[Attack], source: Path, destination: Path) -> None:
    """Write a new session with these requests of `source`, in which exactly these attacks are still to be made.

    Raises sqlite3.Error.
    """
    numbers = {number for number, _ in attacks}
    modules = {module for _, module in attacks}
    spared = [(number, module) for number in numbers for module in modules if (number, module) not in attacks]
    with closing(sqlite3.connect(destination)) as new, new:
        new.execute("ATTACH ? AS scan", (str(source),))
        for (statement,) in new.execute("SELECT sql FROM scan.sqlite_master WHERE sql IS NOT NULL").fetchall():
            new.execute(statement)
        new.execute("CREATE TEMP TABLE kept (number INTEGER PRIMARY KEY)")
        new.executemany("INSERT INTO kept VALUES (?)", [(number,) for number in numbers])
        new.execute("INSERT INTO scan_infos SELECT * FROM scan.scan_infos")
        new.execute("INSERT INTO paths SELECT * FROM scan.paths WHERE path_id IN (SELECT number FROM kept)")
        new.execute("INSERT INTO params SELECT * FROM scan.params WHERE path_id IN (SELECT number FROM kept)")
        new.execute(
            "INSERT INTO responses SELECT * FROM scan.responses "
            "WHERE response_id IN (SELECT response_id FROM main.paths)"
        )
        new.executemany("INSERT INTO attack_logs (path_id, module) VALUES (?, ?)", spared)

"""Asks a target for pages: one request at a time, bounded in time and size, redirects followed by hand."""

import re
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode

import httpcore
import httpx

from analyses.engines.contract import Cookie
from analyses.prescan.connection import Network, PinnedBackend
from analyses.prescan.contract import CheckFailed
from analyses.said import joined
from analyses.said import said as _
from analyses.targets import Address, InvalidTarget, join, parse_target

HTTP_SECONDS = 15.0
MOST_BYTES = 1_000_000  # of a page, unpacked
MOST_REDIRECTS = 10

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD = frozenset({307, 308})
# Text encodings that decode in linear time; a page in any other is read as UTF-8.
_ENCODING = re.compile(
    r"utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d|shift_jis|euc-(jp|kr)|gb(k|2312|18030)|big5|koi8-[ru]"
)


@dataclass(frozen=True)
class Submission:
    """A form filled in on `page`, to be posted."""

    page: Address
    fields: tuple[tuple[str, str], ...] = field(repr=False)
    multipart: bool = False
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Page:
    """What a target answered. Its text and headers are hostile."""

    address: Address
    status: int
    headers: httpx.Headers = field(repr=False)
    text: str = field(repr=False)
    encoding: str = "utf-8"
    cut: bool = False  # only its beginning was read
    submission: Submission | None = field(default=None, repr=False)  # what it answers

    @property
    def next(self) -> Address | None:
        """Where it redirects to. Raises CheckFailed when that is no address."""
        if self.status not in _REDIRECTS or "location" not in self.headers:
            return None
        try:
            return join(self.address, self.headers["location"])
        except InvalidTarget as error:
            raise CheckFailed(
                _("%(shown)s redirects to something that is not a web address", shown=self.address.shown),
                _("Open the address in a browser and use the one it ends at."),
            ) from error


class Visitor:
    """A browser without a screen: keeps cookies, follows redirects where it is told to.

    `headers` go to the origins in `trusted` only. `cookies` are those of a session that goes on.
    """

    def __init__(
        self,
        network: Network,
        headers: tuple[tuple[str, str], ...] = (),
        trusted: frozenset[str] = frozenset(),
        cookies: tuple[Cookie, ...] = (),
    ):
        self.network = network
        self._headers = headers
        self._trusted = trusted
        self._jar = httpx.Cookies()
        self._hosts: set[str] = set()
        for cookie in cookies:
            # The cookie jar calls a host without a dot `host.local`.
            domain = cookie.domain if "." in cookie.domain else f"{cookie.domain}.local"
            self._jar.set(cookie.name, cookie.value, domain, cookie.path)

    def visit(self, address: Address, may_go: Callable[[Address], bool]) -> Page:
        """Ask for a page and follow its redirects, see `follow`."""
        return self.follow(self.fetch(address), may_go)

    def follow(self, page: Page, may_go: Callable[[Address], bool]) -> Page:
        """Follow redirects; where `may_go` answers False, the page that redirects there is the last one.

        Raises CheckFailed, also for more than MOST_REDIRECTS in a row.
        """
        for _hop in range(MOST_REDIRECTS):
            following = page.next
            if following is None or not may_go(following):
                return page
            page = self.fetch(following, _carried(page, following))
        if page.next is None:
            return page
        shown = page.address.shown
        raise CheckFailed(
            _("More than %(most)s redirects in a row, the last one at %(page)s", most=MOST_REDIRECTS, page=shown),
            _("The site may redirect in a circle: open it in a browser, and use the address it ends at."),
        )

    def fetch(
        self,
        address: Address,
        submission: Submission | None = None,
        *,
        method: str = "GET",
        asked_with: tuple[tuple[str, str], ...] = (),
    ) -> Page:
        """Send one request, judged and connected by the network. Raises CheckFailed.

        `method` and the headers `asked_with` are those of a request without a submission; what the scan sends anyway
        goes before.
        """
        self.network.addresses(address)  # judged before a form is filled in for it
        seconds = self.network.deadline.left(HTTP_SECONDS)
        backend = PinnedBackend(self.network, address, time.monotonic() + seconds)
        request = self._request(address, submission, method, asked_with)
        self._hosts.add(address.host)
        try:
            trusted = self.network.trusted if address.scheme == "https" else None
            with httpcore.ConnectionPool(network_backend=backend, ssl_context=trusted) as pool:
                status, headers, body, cut = self._exchange(pool, request, address)
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise _no_answer(address, seconds) from error
        except httpcore.LocalProtocolError:
            # Its text may quote a header, and that a secret: neither it nor its cause goes on.
            raise CheckFailed(
                _("The request cannot be written"),
                _("Remove unusual characters from the user agent and the header."),
            ) from None
        except httpcore.RemoteProtocolError as error:
            raise _not_http(error, address) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise CheckFailed(
                _("%(host)s closed the connection before its answer was complete", host=address.origin),
                _("Check the site's own log, and any firewall in front of it."),
            ) from error
        encoding = _encoding(headers.get("content-type", ""))
        return Page(address, status, headers, body.decode(encoding, "replace"), encoding, cut, submission)

    def cookies(self) -> tuple[Cookie, ...]:
        """The cookies the target has set, without ports."""
        return tuple(Cookie(c.name, c.value or "", self._domain(c.domain), c.path, c.secure) for c in self._jar.jar)

    def _domain(self, domain: str) -> str:
        # The cookie jar calls a host without a dot `host.local`.
        bare = domain.removesuffix(".local").strip("[]")
        return bare if bare in self._hosts and "." not in bare else domain.removeprefix(".")

    def _request(
        self, address: Address, submission: Submission | None, method: str, asked_with: tuple[tuple[str, str], ...]
    ) -> httpx.Request:
        headers: list[tuple[bytes, bytes]] = [
            (b"User-Agent", _header(self.network.target.user_agent or "Vedette")),
            (b"Accept", b"text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"),
            (b"Accept-Encoding", b"identity"),
        ]
        headers = _replaced(_replaced(headers, asked_with), self._sent_to(address))
        if submission is None:
            return httpx.Request(method, address.url, headers=headers, cookies=self._jar)
        # As a browser does: many sites refuse a form that does not say where it comes from.
        came_from = submission.page
        headers += [(b"Origin", came_from.origin.encode()), (b"Referer", (came_from.origin + "/").encode())]
        coding = (submission.encoding, "xmlcharrefreplace")  # as a browser sends what the encoding lacks
        if submission.multipart:
            parts = [(name, (None, value.encode(*coding))) for name, value in submission.fields]
            return httpx.Request("POST", address.url, headers=headers, cookies=self._jar, files=parts)
        headers.append((b"Content-Type", b"application/x-www-form-urlencoded"))
        body = urlencode(submission.fields, encoding=coding[0], errors=coding[1]).encode()
        return httpx.Request("POST", address.url, headers=headers, cookies=self._jar, content=body)

    def _sent_to(self, address: Address) -> tuple[tuple[str, str], ...]:
        """The headers that belong to an address: the scan's extra ones to its own origin, those of the session."""
        target = self.network.target
        extra = target.headers if target.headers and address.origin == parse_target(target.url).origin else ()
        held = self._headers if address.origin in self._trusted else ()
        replaced = {name.lower() for name, _ in held}
        return (*(pair for pair in extra if pair[0].lower() not in replaced), *held)

    def _exchange(
        self, pool: httpcore.ConnectionPool, request: httpx.Request, address: Address
    ) -> tuple[int, httpx.Headers, bytes, bool]:
        url = httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=address.target)
        with pool.stream(request.method, url, headers=request.headers.raw, content=request.read()) as answer:
            headers = httpx.Headers(answer.headers)
            self._jar.extract_cookies(httpx.Response(answer.status, headers=headers, request=request))
            body, cut = _read(answer.iter_stream(), headers.get("content-encoding", ""))
        return answer.status, headers, body, cut


def _read(chunks: Iterable[bytes], packing: str) -> tuple[bytes, bool]:
    """Read a body up to MOST_BYTES, unpacking gzip no further; tells whether something was left out."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if packing.lower() in ("gzip", "x-gzip", "deflate") else None
    body = bytearray()
    received = 0
    for chunk in chunks:
        received += len(chunk)
        room = MOST_BYTES - len(body)
        try:
            body += unpacker.decompress(chunk, room) if unpacker else chunk[:room]
        except zlib.error:  # not what it says it is: what was read so far has to do
            return bytes(body), True
        if received > MOST_BYTES or len(body) >= MOST_BYTES:
            return bytes(body), True
    return bytes(body), False


def named_status(status: int) -> str:
    """A status code with its name, as in `404 Not Found`; the name is ours, never the target's."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def answered(page: Page) -> str:
    """What came back, for people."""
    return _("%(page)s answered %(status)s", page=page.address.shown, status=named_status(page.status))


def _encoding(content_type: str) -> str:
    match = re.search(r"charset=[\"']?([\w-]+)", content_type.lower())
    return match[1] if match and _ENCODING.fullmatch(match[1]) else "utf-8"


def _header(text: str) -> bytes:
    return "".join(c for c in text if c.isprintable()).encode("latin-1", "replace")


def _replaced(headers: list[tuple[bytes, bytes]], by: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    """Headers with others in their place, or added."""
    names = {name.lower() for name, _ in by}
    kept = [pair for pair in headers if pair[0].decode().lower() not in names]
    return kept + [(name.encode(), value.encode()) for name, value in by]


def _carried(page: Page, following: Address) -> Submission | None:
    """The form that a redirect wants sent again: only to the same host, and never from https to http."""
    if page.submission is None or page.status not in _SAME_METHOD:
        return None
    if following.host == page.address.host and following.scheme in ("https", page.address.scheme):
        return page.submission
    raise CheckFailed(
        _("%(page)s wants the password sent on to %(other)s", page=page.address.shown, other=following.origin),
        _("Use the sign-in page of the host that checks the password."),
    )


def _no_answer(address: Address, seconds: float) -> CheckFailed:
    return CheckFailed(
        _("No complete answer from %(host)s within %(seconds)s s", host=address.origin, seconds=max(1, round(seconds))),
        _("Check that the site is up and answers quickly, then submit again."),
    )


def _not_http(error: Exception, address: Address) -> CheckFailed:
    if "disconnected" in str(error) or "closed connection" in str(error):
        return CheckFailed(
            _("%(host)s closed the connection before its answer was complete", host=address.origin),
            _("Check the site's own log, and any firewall in front of it."),
        )
    advice: str = _("Check the port.")
    if address.scheme == "http":
        advice = joined(advice, _("If the site uses TLS, its address begins with https://."))
    return CheckFailed(_("What answers at %(host)s does not speak HTTP", host=address.origin), advice)

"""How the address of a target is written: read strictly, kept in one normal form. Pure: no network."""

import re
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, urljoin

import idna

from analyses.said import Count
from analyses.said import said as _

IPAddress = IPv4Address | IPv6Address

LONGEST = 2000  # characters of an address
DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_TRIPLET_OR_CHARACTER = re.compile(r"%[0-9A-Fa-f]{2}|.", re.DOTALL)
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_LEFT_AS_IT_IS = "/?:@!$&'()*+,;="


class InvalidTarget(ValueError):
    """An address or a pattern that cannot be used; the message is for people."""


@dataclass(frozen=True)
class Address:
    """An address in its normal form: host in lower case and IDNA (an IPv6 address without its brackets)."""

    scheme: str
    host: str
    port: int
    path: str = "/"
    query: str = ""

    @property
    def ip(self) -> IPAddress | None:
        """The host, when it is an IP address and not a name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def spot(self) -> str:
        """Host and port, as in `shop.example.com:8080`; without the port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.spot}"

    @property
    def target(self) -> str:
        """Path and query: what is asked of the host."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def url(self) -> str:
        return self.origin + self.target

    def same_page(self, other: "Address") -> bool:
        """Tell whether both are the same but for their queries."""
        return (self.origin, self.path) == (other.origin, other.path)

    @property
    def shown(self) -> str:
        """The address for people: without its query, which may hold tokens, and not endlessly long."""
        text = self.origin + self.path
        return text if len(text) <= 200 else text[:199] + "…"


def parse_target(url: str) -> Address:
    """Read an http or https address; raises InvalidTarget with a message for people."""
    refuse_characters(url)
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if scheme not in DEFAULT_PORTS or not separator:
        raise InvalidTarget(_("The address must begin with http:// or https://."))
    rest, _mark, query = rest.partition("#")[0].partition("?")
    spot, slash, path = rest.partition("/")
    if "@" in spot:
        raise InvalidTarget(_("Leave the user name and password out of the address; they belong in the sign-in."))
    host, port = host_and_port(spot)
    path = _without_dots(_quoted(slash + path))
    address = Address(scheme, host, port or DEFAULT_PORTS[scheme], path, _quoted(query))
    if len(address.url) > LONGEST:
        raise InvalidTarget(_("The address is longer than %(most)s characters.", most=Count(LONGEST)))
    return address


def join(base: Address, reference: str) -> Address:
    """Read an address found on the page `base`, such as a form's action; raises InvalidTarget."""
    try:
        return parse_target(urljoin(base.url, reference.strip().replace(" ", "%20")))
    except InvalidTarget:
        raise
    except ValueError as error:  # urljoin's own, on brackets that do not match
        raise InvalidTarget(_("This is not an address.")) from error


def in_scope(address: Address, start: Address, scope: str) -> bool:
    """Tell whether `address` belongs to a scan of `start`.

    `domain` is the whole host, whatever the scheme and port; `page` is the start's path with any query;
    `folder` is everything below the start's last slash, `directory` what of that is in no subdirectory.
    """
    if scope == "domain":
        return address.host == start.host
    if address.origin != start.origin:
        return False
    if scope == "page":
        return address.path == start.path
    if scope == "directory":
        return _directory(address) == _directory(start)
    return address.path.startswith(_directory(start))


def _directory(address: Address) -> str:
    return address.path[: address.path.rfind("/") + 1]


def twin(address: Address) -> Address | None:
    """The same page by the other of http and https, at that scheme's own port.

    None for an address with a port of its own: nobody can know at which one its twin would be.
    """
    if address.port != DEFAULT_PORTS[address.scheme]:
        return None
    scheme = "http" if address.scheme == "https" else "https"
    return replace(address, scheme=scheme, port=DEFAULT_PORTS[scheme])


def refuse_characters(url: str) -> None:
    """Raise InvalidTarget for what no address contains: spaces, invisible characters, backslashes."""
    if len(url) > LONGEST:
        raise InvalidTarget(_("The address is longer than %(most)s characters.", most=Count(LONGEST)))
    if "\\" in url:
        raise InvalidTarget(_("An address has no backslashes; use / instead."))
    if " " in url or not url.isprintable():
        raise InvalidTarget(_("The address contains a space or an invisible character."))


def host_and_port(spot: str) -> tuple[str, int | None]:
    """Read `host`, `host:port` or `[IPv6]:port`, the host into its normal form; raises InvalidTarget."""
    match = re.fullmatch(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([^:]*))?", spot)
    if not match:
        raise InvalidTarget(
            _("The host cannot be read. An IPv6 address is written in brackets, as in http://[2001:db8::1]/.")
        )
    host, port = match.groups()
    if port is None:
        return _host(host), None
    if not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) or not 1 <= int(port) <= 65535:
        raise InvalidTarget(_("The port must be a number from 1 to 65535."))
    return _host(host), int(port)


def _host(text: str) -> str:
    if text.startswith("["):
        ip = _ipv6(text[1:-1])
        return str(ip.ipv4_mapped or ip)
    host = text if text.isascii() else _ascii(text)
    host = host.lower().removesuffix(".")
    if not host:
        raise InvalidTarget(_("The address names no host."))
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        # Systems read 127.1, 0x7f000001 or 017700000001 as an IP address too: only the usual form is taken.
        try:
            return str(IPv4Address(host))
        except ValueError as error:
            raise InvalidTarget(_("Write the IP address as four numbers, such as 192.0.2.10.")) from error
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise InvalidTarget(_("%(name)s is not the name of a host.", name=host[:80]))
    return host


def _ipv6(text: str) -> IPv6Address:
    if "%" not in text:  # a zone such as %eth0 is of this machine only
        try:
            return IPv6Address(text)
        except ValueError:
            pass
    raise InvalidTarget(_("[%(text)s] is not an IPv6 address.", text=text[:80]))


def _ascii(name: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode()
    except (UnicodeError, IndexError) as error:
        raise InvalidTarget(_("%(name)s is not the name of a host.", name=name[:80])) from error


def _quoted(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        found = match[0]
        if len(found) == 1:
            return quote(found, safe=_LEFT_AS_IT_IS)
        character = chr(int(found[1:], 16))
        return character if _UNRESERVED.fullmatch(character) else found.upper()

    return _TRIPLET_OR_CHARACTER.sub(one, text)


def _without_dots(path: str) -> str:
    """Resolve `.` and `..`, as every browser does before it asks."""
    segments = path.split("/")[1:]
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            kept[-1:] = []
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)

"""Which targets may be scanned: what administrators allow, and what nobody can allow. Pure: no network.

Everything that connects to a target asks here twice: `refusal` before the name is resolved, and
`address_refusal` for every address it resolves to.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from analyses.addresses import (
    Address,
    InvalidTarget,
    IPAddress,
    host_and_port,
    in_scope,
    join,
    parse_target,
    refuse_characters,
    twin,
)
from analyses.said import said as _

__all__ = [
    "Address",
    "AllowedNow",
    "InvalidTarget",
    "address_refusal",
    "in_scope",
    "join",
    "parse_target",
    "refusal",
    "twin",
    "validate_pattern",
    "withdrawal",
]

_THIS_NETWORK = IPv4Network("0.0.0.0/8")
_NETWORK = re.compile(r"[0-9.]+/[0-9]+|[0-9a-fA-F.:]*:[0-9a-fA-F.:]*/[0-9]+|\[[0-9a-fA-F.:]*:[0-9a-fA-F.:]*/[0-9]+\]")
_NAT64 = IPv6Network("64:ff9b::/96")
# Where clouds hand out credentials. 169.254.169.254 is link-local and refused as such.
_METADATA = frozenset(
    ip_address(text) for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)


@dataclass(frozen=True)
class _Pattern:
    """One line of the allowed targets. An IP address is a network of one."""

    host: str = ""
    below: bool = False  # every host below `host`, and not `host` itself
    network: IPv4Network | IPv6Network | None = None
    ports: tuple[int, int] | None = None  # the first and the last; None: all of them

    def __str__(self) -> str:
        if self.network is None:
            text = f"*.{self.host}" if self.below else self.host
        else:
            text = str(self.network if self.network.num_addresses > 1 else self.network.network_address)
        if self.ports is None:
            return text
        first, last = self.ports
        text = f"[{text}]" if ":" in text else text
        return f"{text}:{first}" if first == last else f"{text}:{first}-{last}"

    def allows(self, address: Address) -> bool:
        if self.network:
            return address.ip is not None and self.covers(address.ip, address.port)
        names = address.host.endswith(f".{self.host}") if self.below else address.host == self.host
        return names and self._has(address.port)

    def covers(self, ip: IPAddress, port: int) -> bool:
        return self.network is not None and ip in self.network and self._has(port)

    def _has(self, port: int) -> bool:
        return self.ports is None or self.ports[0] <= port <= self.ports[1]

    @property
    def names_loopback(self) -> bool:
        return self.network.is_loopback if self.network else _is_loopback_name(self.host)


class AllowedNow:
    """The patterns that are allowed at this moment, for whoever connects for longer than one.

    Whoever hears that they are others now renews them: everything that still connects with them is judged by those.
    """

    def __init__(self, patterns: Iterable[str] = ()):
        self._patterns = tuple(patterns)

    def __iter__(self) -> Iterator[str]:
        return iter(self._patterns)

    def renew(self, patterns: Iterable[str]) -> None:
        """Take these from now on; none at all refuses everything."""
        self._patterns = tuple(patterns)


def validate_pattern(text: str) -> str:
    """Return a pattern of allowed targets in its normal form; raises InvalidTarget with a message."""
    return str(_pattern(text.strip()))


def refusal(url: str, patterns: Iterable[str], own: str = "") -> str:
    """Say why an address must not be scanned as far as its text tells; empty when it may be.

    `own` is the product's own address, which is refused whatever the patterns say.
    """
    try:
        address = parse_target(url)
    except InvalidTarget as error:
        return error.args[0]
    patterns = tuple(patterns)
    if _is_own(address, own):
        return _("This is the address of Vedette itself, which is never scanned.")
    if not any(pattern.allows(address) for pattern in _readable(patterns)):
        return _("%(spot)s is not among the allowed targets. An administrator can add it.", spot=address.spot)
    return address_refusal(address.ip, address, patterns, own) if address.ip else ""


def address_refusal(ip: IPAddress | str, address: Address, patterns: Iterable[str], own: str = "") -> str:
    """Say why `address` must not be reached at `ip`, one of those it resolves to; empty when it may be.

    Loopback needs a pattern that names it; a private network needs a pattern with the exact host, or with a
    network around the address, because whoever runs a domain decides what the names below it lead to.
    """
    real = _embedded(ip_address(ip))
    leads: str = str(real)
    if address.host != leads:
        leads = _("%(spot)s leads to %(ip)s", spot=address.spot, ip=leads)
    allowing = [pattern for pattern in _readable(patterns) if pattern.allows(address) and not pattern.below]
    naming = allowing + [p for p in _readable(patterns) if p.covers(real, address.port)]
    if _is_own(replace(address, host=str(real)), own):
        return _("This is the address of Vedette itself, which is never scanned.")
    if real.is_loopback:
        below_localhost = _is_loopback_name(address.host) and any(
            pattern.allows(address) and pattern.names_loopback for pattern in _readable(patterns)
        )
        if below_localhost or any(pattern.names_loopback for pattern in naming):
            return ""
        return _("%(leads)s, this machine itself. An administrator can allow it by that address.", leads=leads)
    if _is_never_scanned(real):
        return _(
            "%(leads)s. Link-local, multicast, reserved and cloud-internal addresses are never scanned.", leads=leads
        )
    if not real.is_global and not naming:
        return _(
            "%(leads)s, a private address. An administrator can allow its network, or this host by name.", leads=leads
        )
    return ""


def withdrawal(places: Iterable[tuple[str, Iterable[str]]], patterns: Iterable[str], own: str = "") -> str:
    """Say which of the addresses that were allowed once is no longer; empty when all of them still are.

    With each address stand the IP addresses at which it is reached, as far as they are known.
    """
    patterns = tuple(patterns)
    for url, ips in places:
        try:
            address = parse_target(url)
        except InvalidTarget as error:
            return str(error)
        if refusal(url, patterns, own) or any(address_refusal(ip, address, patterns, own) for ip in ips):
            return f"{address.spot} is no longer an allowed target."
    return ""


@lru_cache(maxsize=1000)
def _pattern(text: str) -> _Pattern:
    spot, ports = _without_ports(text)
    if _NETWORK.fullmatch(spot):
        return _Pattern(network=_network(spot.strip("[]")), ports=ports)
    if "/" in spot or "@" in spot:
        raise InvalidTarget("Write the host only, such as shop.example.com, without http:// and without a path.")
    refuse_characters(text)
    below = spot.startswith("*.")
    host, _port = host_and_port(spot.removeprefix("*."))
    try:
        address = ip_network(host)
    except ValueError:
        return _Pattern(host=host, below=below, ports=ports)
    if below:
        raise InvalidTarget("Nothing is below an IP address; a network is written like 10.1.0.0/16.")
    return _Pattern(network=address, ports=ports)


def _without_ports(text: str) -> tuple[str, tuple[int, int] | None]:
    """A pattern without its `:8080` or `:8000-8100`, which of an IPv6 address or network stand after its brackets."""
    if text.count(":") > 1 and not text.startswith("["):
        return (text if "/" in text else f"[{text}]"), None
    spot, colon, ports = text.rpartition(":")
    if not colon or set(ports) & set("]/@"):
        return text, None
    numbers = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", ports)
    first, last = (int(numbers[1]), int(numbers[2] or numbers[1])) if numbers else (0, 0)
    if not 1 <= first <= last <= 65535:
        raise InvalidTarget("The port must be a number from 1 to 65535, or a range of them such as 8000-8100.")
    return spot, (first, last)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidTarget(f"{text[:80]} is not a network; one is written like 10.1.0.0/16.") from error
    if network.prefixlen == 0:
        raise InvalidTarget("This would allow every address there is. Name the networks you answer for.")
    if ip_address(text.partition("/")[0]) != network.network_address:
        raise InvalidTarget(f"{text} is an address inside a network. Did you mean {network}?")
    return network


def _readable(patterns: Iterable[str]) -> list[_Pattern]:
    """The patterns that can be read; one that cannot be allows nothing."""
    found = []
    for text in patterns:
        try:
            found.append(_pattern(text.strip()))
        except InvalidTarget:
            continue
    return found


def _is_own(address: Address, own: str) -> bool:
    if not own:
        return False
    product = parse_target(own)
    if address.port != product.port:
        return False
    return address.host == product.host or (_is_this_machine(address) and _is_this_machine(product))


def _is_this_machine(address: Address) -> bool:
    return address.ip.is_loopback if address.ip else _is_loopback_name(address.host)


def _is_loopback_name(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _is_never_scanned(ip: IPAddress) -> bool:
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved or ip in _METADATA:
        return True
    return ip in _THIS_NETWORK if isinstance(ip, IPv4Address) else ip.is_site_local


def _embedded(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one leads to by a translator or a tunnel, else the address itself."""
    if not isinstance(ip, IPv6Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)

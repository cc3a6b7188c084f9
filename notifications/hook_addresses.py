"""Which addresses a hook may have: internal ones, as chat servers are; never those that hand out credentials."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

_NAT64 = IPv6Network("64:ff9b::/96")
# Where clouds hand out credentials. 169.254.169.254 is link-local and refused as such.
_METADATA = frozenset(
    ip_address(text) for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Refused(Exception):
    """Such an address is never told anything. The message is for administrators, without the address's path."""


def parsed(address: str) -> SplitResult:
    """Read the address of a hook; raises Refused for one that cannot be used."""
    if any(character.isspace() or not character.isprintable() for character in address):
        raise Refused("The address contains spaces or characters that cannot be seen.")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise Refused("This is not an address.") from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or port == 0:
        raise Refused("The address must begin with https:// and name a host.")
    if parts.username is not None or parts.fragment:
        raise Refused("The address must not contain a user, a password or a fragment.")
    if parts.scheme == "http" and not is_permitted(parts):
        raise Refused("Only https is used, except with hosts in HOOK_HOSTS.")
    return parts


def port_of(parts: SplitResult) -> int:
    return parts.port or _DEFAULT_PORTS[parts.scheme]


def is_permitted(parts: SplitResult) -> bool:
    """Whether the setting HOOK_HOSTS names the host, or this port of it."""
    permitted = {host.strip().lower() for host in settings.HOOK_HOSTS}
    return bool({parts.hostname, f"{parts.hostname}:{port_of(parts)}"} & permitted)


def judge(parts: SplitResult, ip: str, own_ips: frozenset[str] = frozenset()) -> None:
    """Refuse an address that the host leads to. `own_ips` are those of the site itself. Raises Refused."""
    real = _embedded(ip_address(ip))
    if _is_own(parts, real, own_ips):
        raise Refused("This is the address of Vedette itself.")
    if real in _METADATA or real.is_link_local or real.is_multicast or real.is_unspecified or _is_reserved(real):
        raise Refused("Link-local, multicast, reserved and cloud-internal addresses are never told anything.")
    if real.is_loopback and not is_permitted(parts):
        raise Refused("It leads to this machine itself, which only hosts in HOOK_HOSTS may.")


def _is_reserved(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_reserved if isinstance(ip, IPv4Address) else ip.is_reserved and not ip.is_loopback


def _is_own(parts: SplitResult, ip: IPv4Address | IPv6Address, own_ips: frozenset[str]) -> bool:
    site = urlsplit(settings.SITE_URL)
    if port_of(parts) not in (port_of(site), settings.PORT):
        return False
    return parts.hostname == site.hostname or ip.is_loopback or str(ip) in own_ips


def _embedded(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one leads to by a translator or a tunnel, else the address itself."""
    if not isinstance(ip, IPv6Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)

"""Where a request comes from."""

import re
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

NOWHERE = "127.0.0.1"  # a request by a unix socket has no address


def address_of(request: HttpRequest) -> str:
    """The address of whoever asks. Behind a web server it is what that server saw: the last one it names.

    Where that cannot be read, it is the web server's own.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2] if settings.BEHIND_PROXY else ""
    return _read(forwarded) or _read(request.META.get("REMOTE_ADDR", "")) or NOWHERE


def _read(seen: str) -> str:
    """The address in what a web server has written, with or without a port; empty where there is none."""
    with_port = re.fullmatch(r"\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5}", seen.strip(), re.ASCII)
    address = (with_port[1] or with_port[2]) if with_port else seen.strip()
    try:
        return str(ip_address((address or "").partition("%")[0]))
    except ValueError:
        return ""


def network_of(request: HttpRequest) -> str:
    """What tries are counted by: the address; of IPv6 the network, as whoever has one address has all of it."""
    address = ip_address(address_of(request))
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False).network_address)
    return str(address)

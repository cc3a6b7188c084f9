"""Where a form leads afterwards: back to the page that it stood on, never to another site."""

from django.utils.http import url_has_allowed_host_and_scheme


def way_back(address: str, otherwise: str) -> str:
    """The address, if it is one of our own pages; else the other."""
    ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if ours else otherwise

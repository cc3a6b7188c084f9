"""What the mail templates share."""

import re

from django import template

register = template.Library()


@register.filter
def bare_address(url: str) -> str:
    """Return the address without what may hold a secret: user and password, query, fragment."""
    address, *rest = re.split(r"(?=[?#])", url, maxsplit=1)
    address = re.sub(r"(?<=//)[^/]*@", "", address)
    return f"{address}{rest[0][0]}…" if rest else address

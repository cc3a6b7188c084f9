"""What the mail templates share."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator

register = template.Library()


@register.filter
def how_long(seconds: float) -> str:
    """A length of time as people say it: 2 hours 14 minutes."""
    minutes = max(1, round(seconds / 60))
    parts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    return " ".join(f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in parts if count)


@register.filter
def until(started: datetime, ended: datetime) -> str:
    """From when to when, on the reader's clocks; a day that is the same is said once."""
    first, last = timezone.localtime(started), timezone.localtime(ended)
    end = f"{last:%H:%M}" if first.date() == last.date() else date_format(last, "j F Y, H:i")
    return f"{date_format(first, 'j F Y, H:i')} to {end}"


@register.filter
def reason(scans: Sequence[Mapping[str, str]]) -> str:
    """Why these failed: status and cause of the first, and whether others have others."""
    told = (": ".join(str(part) for part in (scan["status"], scan["cause"]) if part) for scan in scans)
    reasons = list(dict.fromkeys(told))
    others = " The others failed otherwise: see below." if len(reasons) > 1 else ""
    return f"{Truncator(reasons[0]).chars(300)}{others}" if reasons else ""


@register.filter
def bare_address(url: str) -> str:
    """Return the address without what may hold a secret: user and password, query, fragment."""
    address, *rest = re.split(r"(?=[?#])", url, maxsplit=1)
    address = re.sub(r"(?<=//)[^/]*@", "", address)
    return f"{address}{rest[0][0]}…" if rest else address

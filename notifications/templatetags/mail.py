"""What the mail templates share."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dashboard.moments import CLOCK, moment_in_words

register = template.Library()

_SEVERITIES = {
    "critical": gettext_lazy("Critical"),
    "high": gettext_lazy("High"),
    "medium": gettext_lazy("Medium"),
    "low": gettext_lazy("Low"),
    "info": gettext_lazy("Info"),
}


@register.filter
def severity_name(severity: str) -> str:
    """A severity as its reader calls it."""
    return str(_SEVERITIES[severity])


@register.filter
def how_long(seconds: float) -> str:
    """A length of time as people say it: 2 hours 14 minutes."""
    total = max(1, round(seconds / 60))
    days, hours, minutes = total // 1440, total // 60 % 24, total % 60
    parts = (
        (days, ngettext("%(number)s day", "%(number)s days", days)),
        (hours, ngettext("%(number)s hour", "%(number)s hours", hours)),
        (minutes, ngettext("%(number)s minute", "%(number)s minutes", minutes)),
    )
    return " ".join(said % {"number": number} for number, said in parts if number)


@register.filter
def until(started: datetime, ended: datetime) -> str:
    """From when to when, on the reader's clocks; a day that is the same is said once."""
    first, last = timezone.localtime(started), timezone.localtime(ended)
    end = f"{last:{CLOCK}}" if first.date() == last.date() else moment_in_words(last)
    return _("%(start)s to %(end)s") % {"start": moment_in_words(first), "end": end}


@register.filter
def coming(at: datetime) -> str:
    """A moment to come, on the reader's clocks, with its weekday."""
    return moment_in_words(at, weekday=True)


@register.filter
def moment(at: datetime) -> str:
    """A moment that has been, on the reader's clocks."""
    return moment_in_words(at)


@register.filter
def reason(scans: Sequence[Mapping[str, str]]) -> dict[str, str | bool]:
    """Why these failed: status and cause of the first, and whether others differ. Nothing where none did."""
    reasons = list(dict.fromkeys((scan["status"], scan["cause"]) for scan in scans))
    if not reasons:
        return {}
    status, cause = reasons[0]
    return {"status": status, "cause": Truncator(cause).chars(300), "differs": len(reasons) > 1}


@register.filter
def bare_address(url: str) -> str:
    """Return the address without what may hold a secret: user and password, query, fragment."""
    address, *rest = re.split(r"(?=[?#])", url, maxsplit=1)
    address = re.sub(r"(?<=//)[^/]*@", "", address)
    return f"{address}{rest[0][0]}…" if rest else address


@register.filter
def bare_addresses(text: str) -> str:
    """A text with all addresses in it made bare."""
    return re.sub(r"https?://[^\s\"'<>]+", lambda found: bare_address(found[0]), text)

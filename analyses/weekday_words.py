"""Days of the week in words: for pages, and for what is stored. Pure: knows no models."""

from collections.abc import Collection

from django.utils.dates import WEEKDAYS

from analyses.said import joined, said_label
from analyses.said import said as _


def weekdays(days: Collection[int]) -> str:
    """As in "Monday, Wednesday and Friday", or "Monday to Friday"; to be stored, or translated at once."""
    chosen = sorted(days)
    names = [said_label(WEEKDAYS[day]) for day in chosen]
    if len(chosen) > 2 and chosen[-1] - chosen[0] == len(chosen) - 1:
        return _("%(first)s to %(last)s", first=names[0], last=names[-1])
    if len(chosen) < 2:
        return joined(*names)
    return _("%(others)s and %(last)s", others=joined(*names[:-1], by=", "), last=names[-1])

"""What a template keeps of an analysis, and what a new analysis starts with."""

import re
from collections.abc import Callable, Collection
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from analyses.configuring import NameTaken
from analyses.models import Analysis, ConfigurationTemplate, Scan
from dashboard.accounts.zones import KNOWN_ZONES

# No name, no owner, no moments, and nothing that is scanned.
OF_ANALYSIS = (
    "excluded_urls", "user_agent", "duration", "repeat", "repeat_days", "repeat_off_after", "zone", "pause_from",
    "pause_until", "pause_days", "prescan_only", "hold_results", "recipients", "business_unit", "contact_name",
    "contact_email",
)  # fmt: skip
# Of a URL: nothing of its sign-in, and no secret.
OF_SCAN = ("scope", "both_schemes", "speed", "user_agent", "excluded_urls")
NOT_OF_AN_API = frozenset({"scope", "both_schemes"})
# What a model takes as any text, and only some texts can be used.
_WEEKDAYS = re.compile("[0-6]*")
_USABLE: dict[str, Callable[[str], object]] = {
    "zone": KNOWN_ZONES.__contains__,
    "repeat_days": _WEEKDAYS.fullmatch,
    "pause_days": _WEEKDAYS.fullmatch,
}


def save_as_template(analysis: Analysis, name: str, person: User, teams: Collection[Group]) -> ConfigurationTemplate:
    """Keep the settings of an analysis, and those that all of its URLs have in common. Raises NameTaken."""
    try:
        with transaction.atomic():
            template = ConfigurationTemplate.objects.create(
                name=name,
                owner=person,
                analysis={field: getattr(analysis, field) for field in OF_ANALYSIS},
                scan=_in_common(analysis),
            )
            template.teams.set(teams)
    except IntegrityError as error:
        raise NameTaken if "template_name_unique" in str(error) else error from error
    return template


def _in_common(analysis: Analysis) -> dict[str, Any]:
    """What every URL of an analysis is set to; what differs between them is left out."""
    urls = analysis.scans.filter(specification=None).order_by()
    values = {field: list(urls.values_list(field, flat=True).distinct()[:2]) for field in OF_SCAN}
    return {field: found[0] for field, found in values.items() if len(found) == 1}


def number_of(key: str) -> int:
    """The id that was sent; 0, which none has, for anything odd."""
    return int(key) if key.isascii() and key.isdecimal() and len(key) < 18 else 0


def pattern_of(template: ConfigurationTemplate) -> Analysis:
    """An analysis that is not stored, set as the template says. What cannot be read is as if it was not set."""
    return Analysis(**_read(Analysis, template.analysis, OF_ANALYSIS))


def scan_defaults(template: ConfigurationTemplate | None) -> dict[str, Any]:
    """What a new URL starts with."""
    return _read(Scan, template.scan, OF_SCAN) if template else {}


def _read(model: type[models.Model], kept: Any, names: Collection[str]) -> dict[str, Any]:
    """What can be used of what is kept: a template may be older than this program, or written by hand."""
    values: dict[str, Any] = {}
    for name in names:
        field = model._meta.get_field(name)
        if not isinstance(kept, dict) or name not in kept or not isinstance(field, models.Field):
            continue
        try:
            value = field.clean(kept[name], None)
        except (ValidationError, TypeError, ValueError, OverflowError):
            continue
        if name not in _USABLE or _USABLE[name](value):
            values[name] = value
    return values

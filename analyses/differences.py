"""What an edit changes, setting by setting, in words: for the activity log and for a page that is stale.

They are texts that are translated where they are shown: the log keeps them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.text import Truncator

from analyses.lifecycle.times_in_words import in_zone, length
from analyses.models import Analysis, Repeat, Scan
from analyses.models.secrets import NAMED_SECRETS
from analyses.said import Count, Moment, joined, said_label
from analyses.said import said as _
from analyses.said import said_of as ngettext
from analyses.setting_labels import ANALYSIS_LABELS, CHOICES, SCAN_LABELS, SECRET_LABELS
from analyses.weekday_words import weekdays

if TYPE_CHECKING:
    from analyses.configuring import Configuration, ScanSettings, Secret

EMPTY = _("(empty)")
LONGEST_VALUE = 200
MOST_SHOWN = 50
MOST_ADDRESSES = 20
MOST_ENDPOINTS = 10
LINES = frozenset({"excluded_urls", "allowed_hosts", "recipients", "excluded_endpoints"})

CANNOT_DISTURB = frozenset(
    {"owner", "name", "description", "business_unit", "contact_name", "contact_email", "recipients"}
)


@dataclass(frozen=True)
class Difference:
    """One setting that is to become another. `name` is the form's field, `scan` the id of a scan."""

    label: str
    old: str
    new: str
    name: str = ""
    scan: int | None = None
    disturbs: bool = True

    @property
    def words(self) -> str:
        """For the log."""
        return _("%(setting)s: %(old)s → %(new)s", setting=self.label, old=self.old, new=self.new)


class SecretChange(Difference):
    """A secret that is to be replaced: that it is, and nothing more."""

    @property
    def words(self) -> str:
        return joined(self.label, self.new)


class NamedSecretChange(Difference):
    """A script, a certificate or headers that come, go or are replaced: that they do, and their name."""

    @property
    def words(self) -> str:
        return _of(self.label, self.new)


class AddressChange(Difference):
    """Addresses that come or go."""

    @property
    def words(self) -> str:
        return _of(self.label, self.new or self.old)


@dataclass(frozen=True)
class LinesChange(Difference):
    """More lines than can be shown, of which some come and some go: `told` says which."""

    told: str = ""

    @property
    def words(self) -> str:
        return _of(self.label, self.told)


def _of(label: str, told: str) -> str:
    return _("%(setting)s: %(told)s", setting=label, told=told)


def differences(analysis: Analysis, stored: Mapping[int, Scan], wanted: "Configuration") -> list[Difference]:
    """Everything in which the wanted configuration differs from the stored one."""
    found = [
        _of_setting(said_label(label), name, old, new, _setting, disturbs=_disturbs(name, old, new))
        for name, label in ANALYSIS_LABELS.items()
        if name in wanted.values and (old := getattr(analysis, name)) != (new := wanted.values[name])
    ]
    found += _of_teams(analysis, wanted)
    found += _of_addresses(stored, wanted)
    for settings in wanted.scans:
        if settings.pk is not None and settings.pk in stored:
            found += _of_scan(stored[settings.pk], settings)
    return found


def in_words(found: list[Difference]) -> str:
    """All differences, one a line."""
    shown = [difference.words for difference in found[:MOST_SHOWN]]
    if len(found) > MOST_SHOWN:
        more = len(found) - MOST_SHOWN
        shown.append(ngettext("and %(count)s more changes", "and %(count)s more changes", more))
    return joined(*shown, by="\n")


def _disturbs(name: str, old: Any, new: Any) -> bool:
    """Could the change disturb a run that is under way? A longer duration cannot."""
    return new < old if name == "duration" else name not in CANNOT_DISTURB


def _of_setting(
    label: str, name: str, old: Any, new: Any, words: Callable[[str, Any], str], **others: Any
) -> Difference:
    """One setting in words; of long ones what differs, as their beginnings may be the same."""
    if name in LINES and (_is_long(old) or _is_long(new)):
        return _of_lines(label, name, old, new, **others)
    if isinstance(old, str) and isinstance(new, str) and (_is_long(old) or _is_long(new)):
        old, new = _from_where_they_differ(old, new)
    return Difference(label, words(name, old), words(name, new), name, **others)


def _of_lines(label: str, name: str, old: Any, new: Any, **others: Any) -> LinesChange:
    added, removed = _only_in(new, old), _only_in(old, new)
    told = [_("added %(lines)s", lines=added)] if added else []
    told += [_("removed %(lines)s", lines=removed)] if removed else []
    return LinesChange(
        label,
        _counted_lines(old, removed),
        _counted_lines(new, added),
        name,
        **others,
        told=joined(*told, by="; ") or _("reordered"),
    )


def _counted_lines(value: Any, own: str) -> str:
    """How many there are, and those that the other value has not."""
    count = len(_lines(value))
    lines = ngettext("%(count)s lines", "%(count)s lines", count)
    return _("%(lines)s, among them %(own)s", lines=lines, own=own) if own else lines


def _from_where_they_differ(*texts: str) -> list[str]:
    same = next((at for at, signs in enumerate(zip(*texts, strict=False)) if len(set(signs)) > 1), min(map(len, texts)))
    begin = max(same - LONGEST_VALUE // 4, 0)  # with some of what goes before
    return [f"… {text[begin:]}" if begin else text for text in texts]


def _is_long(value: Any) -> bool:
    """Is it more than is shown? A text, or the endpoints that are left out."""
    return len(value) > (LONGEST_VALUE if isinstance(value, str) else MOST_ENDPOINTS)


def _lines(value: Any) -> list[str]:
    return value.splitlines() if isinstance(value, str) else value


def _only_in(value: Any, other: Any) -> str:
    there = set(_lines(other))
    return _listed([Truncator(line).chars(LONGEST_VALUE) for line in _lines(value) if line not in there])


def _of_teams(analysis: Analysis, wanted: "Configuration") -> list[Difference]:
    stored = list(analysis.teams.all())
    chosen = [team for team in stored if team not in wanted.choosable] + list(wanted.teams)
    if set(stored) == set(chosen):
        return []
    old, new = (", ".join(sorted(team.name for team in teams)) for teams in (stored, chosen))
    return [Difference(_("Teams"), old or _("none"), new or _("none"), name="teams", disturbs=False)]


def _of_addresses(stored: Mapping[int, Scan], wanted: "Configuration") -> list[Difference]:
    added = [settings.values["url"] for settings in wanted.scans if settings.pk not in stored]
    removed = [scan.url for pk, scan in stored.items() if pk in wanted.removed]
    found: list[Difference] = []
    if added:
        found.append(AddressChange(_added(len(added)), "", _listed(added), name="urls"))
    if removed:
        found.append(AddressChange(_removed(len(removed)), _listed(removed), "", name="urls"))
    return found


def _of_scan(scan: Scan, wanted: "ScanSettings") -> list[Difference]:
    found = []
    for name, new in wanted.values.items():
        old = getattr(scan, name)
        if old != new:
            label = _of(scan.url, said_label(SCAN_LABELS[name]))
            found.append(_of_setting(label, name, old, new, _choice, scan=scan.pk))
    for name, secret in wanted.secrets.items():
        stored = getattr(scan, f"has_{name}")
        if secret.text or stored:
            old = getattr(scan, f"{name}_name") if name in NAMED_SECRETS else ""
            found.append(_of_secret(scan, name, stored=stored, old=old, new=secret))
    return found


def _of_secret(scan: Scan, name: str, *, stored: bool, old: str, new: "Secret") -> Difference:
    """That a secret comes, goes or is replaced; of one that has a name, its name too, and never more."""
    label = _of(scan.url, said_label(SECRET_LABELS[name]))
    if name in NAMED_SECRETS:
        called = new.name or old
        if not new.text:
            done = _("removed (%(name)s)", name=called)
        else:
            done = _("changed (%(name)s)", name=called) if stored else _("added (%(name)s)", name=called)
        return NamedSecretChange(label, old or EMPTY, done, name, scan.pk)
    return SecretChange(label, _("kept"), _("changed") if new.text else _("removed"), name, scan.pk)


def _added(count: int) -> str:
    return ngettext("URL added", "%(count)s URLs added", count)


def _removed(count: int) -> str:
    return ngettext("URL removed", "%(count)s URLs removed", count)


def _listed(addresses: list[str]) -> str:
    more = len(addresses) - MOST_ADDRESSES
    listed = ", ".join(addresses[:MOST_ADDRESSES])
    return _("%(listed)s and %(count)s more", listed=listed, count=Count(more)) if more > 0 else listed


def _setting(name: str, value: Any) -> str:
    if name == "start_at" and value is None:
        return _("as soon as it is submitted")
    if name in ("repeat_days", "pause_days") and value:
        return weekdays(frozenset(map(int, value)))
    return said_label(Repeat(value).label) if name == "repeat" else _shown(value)


def _choice(name: str, value: Any) -> str:
    if name == "specification_id":
        return _("another file") if value else EMPTY
    if name == "excluded_endpoints":
        return ", ".join(value[:MOST_ENDPOINTS]) + (" …" if value[MOST_ENDPOINTS:] else "") or _("none")
    is_chosen = name in CHOICES and value in CHOICES[name]
    return said_label(CHOICES[name][value]) if is_chosen else _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return in_zone(value, timezone.get_current_timezone_name())
    if isinstance(value, timedelta):
        return length(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return _("%(day)s", day=Moment(value.isoformat(), clock=False))
    return Truncator(" ".join(str(value or "").split())).chars(LONGEST_VALUE) or EMPTY

"""What an edit changes, setting by setting, in words: for the activity log and for a page that is stale."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.text import Truncator

from analyses.lifecycle.clock import in_words as duration_in_words
from analyses.models import Analysis, Repeat, Scan
from analyses.models.configuration import SCOPES
from analyses.schedule_words import weekdays_in_words

if TYPE_CHECKING:
    from analyses.configuring import Configuration, ScanSettings

EMPTY = "(empty)"
LONGEST_VALUE = 200
MOST_SHOWN = 50
MOST_ADDRESSES = 20

ANALYSIS_LABELS = {
    "owner": "Owner",
    "name": "Name",
    "description": "Description",
    "excluded_urls": "Excluded URLs",
    "user_agent": "User agent",
    "start_at": "Start",
    "end_by": "End no later than",
    "duration": "Longest duration",
    "repeat": "Repeat",
    "repeat_days": "Repeat on",
    "repeat_until": "Last day",
    "repeat_count": "Number of runs",
    "zone": "Time zone",
    "pause_from": "Pause from",
    "pause_until": "Pause until",
    "pause_days": "Pause on",
}
SCAN_LABELS = {
    "url": "URL",
    "scope": "scope",
    "excluded_urls": "excluded URLs",
    "user_agent": "user agent",
    "sign_in_method": "sign-in",
    "login_url": "sign-in page",
    "username": "user name",
    "header": "header",
    "check_text": "text when signed in",
    "check_url": "page to look on",
    "logout_url": "sign-out address",
}
CHOICES = {"scope": dict(SCOPES), "sign_in_method": dict(Scan._meta.get_field("sign_in_method").choices or [])}
CANNOT_DISTURB = frozenset({"owner", "name", "description"})


@dataclass(frozen=True)
class Difference:
    """One setting that is to become another. `name` is the form's field, `scan` the id of a scan."""

    label: str
    old: str
    new: str
    name: str = ""
    scan: int | None = None
    disturbs: bool = True

    def __str__(self) -> str:
        return f"{self.label}: {self.old} → {self.new}"


class SecretChange(Difference):
    """A secret that is to be replaced: that it is, and nothing more."""

    def __str__(self) -> str:
        return f"{self.label} {self.new}"


class ScriptChange(Difference):
    """A crawl script that comes, goes or is replaced: that it does, and its name."""

    def __str__(self) -> str:
        return f"{self.label}: {self.new}"


class AddressChange(Difference):
    """Addresses that come or go."""

    def __str__(self) -> str:
        return f"{self.label}: {self.new or self.old}"


def differences(analysis: Analysis, stored: Mapping[int, Scan], wanted: "Configuration") -> list[Difference]:
    """Everything in which the wanted configuration differs from the stored one."""
    found = [
        Difference(label, _setting(name, old), _setting(name, new), name, disturbs=_disturbs(name, old, new))
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
    """All differences as one readable line."""
    shown = [str(difference) for difference in found[:MOST_SHOWN]]
    if len(found) > MOST_SHOWN:
        shown.append(f"and {len(found) - MOST_SHOWN:,} more changes")
    return "; ".join(shown)


def moment_in_words(moment: datetime) -> str:
    """A moment in the viewer's time zone, which is named."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M} ({timezone.get_current_timezone_name()})"


def _disturbs(name: str, old: Any, new: Any) -> bool:
    """Could the change disturb a run that is under way? A longer duration cannot."""
    return new < old if name == "duration" else name not in CANNOT_DISTURB


def _of_teams(analysis: Analysis, wanted: "Configuration") -> list[Difference]:
    stored = list(analysis.teams.all())
    chosen = [team for team in stored if team not in wanted.choosable] + list(wanted.teams)
    if set(stored) == set(chosen):
        return []
    old, new = (", ".join(sorted(team.name for team in teams)) for teams in (stored, chosen))
    return [Difference("Teams", old or "none", new or "none", name="teams", disturbs=False)]


def _of_addresses(stored: Mapping[int, Scan], wanted: "Configuration") -> list[Difference]:
    added = [settings.values["url"] for settings in wanted.scans if settings.pk not in stored]
    removed = [scan.url for pk, scan in stored.items() if pk in wanted.removed]
    found: list[Difference] = []
    if added:
        found.append(AddressChange(_counted(added, "added"), "", _listed(added), name="urls"))
    if removed:
        found.append(AddressChange(_counted(removed, "removed"), _listed(removed), "", name="urls"))
    return found


def _of_scan(scan: Scan, wanted: "ScanSettings") -> list[Difference]:
    found = []
    for name, new in wanted.values.items():
        old = getattr(scan, name)
        if old != new:
            label = f"{scan.url}: {SCAN_LABELS[name]}"
            found.append(Difference(label, _choice(name, old), _choice(name, new), name, scan.pk))
    if wanted.secret is not None and (wanted.secret or scan.has_secret):  # type: ignore[attr-defined]
        done = "changed" if wanted.secret else "removed"
        found.append(SecretChange(f"{scan.url}: password", "kept", done, "secret", scan.pk))
    return found + _of_script(scan, wanted)


def _of_script(scan: Scan, wanted: "ScanSettings") -> list[Difference]:
    old, script = scan.crawl_script_name, wanted.script
    if script is None or not (script.text or old):
        return []
    done = f"{'changed' if old else 'added'} ({script.name})" if script.text else f"removed ({old})"
    return [ScriptChange(f"{scan.url}: crawl script", old or EMPTY, done, "crawl_script", scan.pk)]


def _counted(addresses: list[str], done: str) -> str:
    return f"{len(addresses):,} URLs {done}" if len(addresses) > 1 else f"URL {done}"


def _listed(addresses: list[str]) -> str:
    more = len(addresses) - MOST_ADDRESSES
    return ", ".join(addresses[:MOST_ADDRESSES]) + (f" and {more:,} more" if more > 0 else "")


def _setting(name: str, value: Any) -> str:
    if name == "start_at" and value is None:
        return "as soon as it is submitted"
    if name in ("repeat_days", "pause_days") and value:
        return weekdays_in_words(frozenset(map(int, value)))
    return str(Repeat(value).label) if name == "repeat" else _shown(value)


def _choice(name: str, value: str) -> str:
    return _shown(CHOICES.get(name, {}).get(value, value))


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return moment_in_words(value)
    if isinstance(value, timedelta):
        return duration_in_words(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return Truncator(" ".join(str(value or "").split())).chars(LONGEST_VALUE) or EMPTY

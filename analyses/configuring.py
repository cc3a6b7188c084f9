"""Saving a configuration: an analysis with its scans in one transaction, the difference in the log."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Max, QuerySet, Value, When
from django.utils import timezone

from analyses import lifecycle
from analyses.differences import Difference, differences, in_words
from analyses.models import AllowedTarget, Analysis, AnalysisOccurrence, Scan, ScanOccurrence
from analyses.models.secrets import SECRETS
from analyses.statuses import AnalysisStatus, editing_refusal
from analyses.targets import refusal

MOST_SCANS = 1000
_SCHEDULE = frozenset(
    {
        "start_at", "end_by", "duration", "repeat", "repeat_days", "repeat_until", "repeat_count", "zone",
        "pause_from", "pause_until", "pause_days",
    }
)  # fmt: skip
_BATCH = 200
_Scans = TypeVar("_Scans", Scan, ScanOccurrence)
_GRACE = timedelta(minutes=1)  # times are chosen to the minute


@dataclass(frozen=True)
class CrawlScript:
    """A recorded script as it is to be stored; without text: none."""

    name: str = ""
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class ScanSettings:
    """What one scan is to be. `pk` is None for a new one; `secret` and `script` are None to keep what is stored."""

    pk: int | None
    values: dict[str, str]
    secret: str | None = field(default=None, repr=False)
    script: CrawlScript | None = None


@dataclass(frozen=True)
class Configuration:
    """What an analysis is to be. Stored scans that are not named stay as they are.

    `teams` are chosen among `choosable`, the person's own; the other teams of the analysis stay.
    """

    values: dict[str, Any]
    teams: Collection[Group] = ()
    choosable: Collection[Group] = ()
    scans: tuple[ScanSettings, ...] = ()
    removed: frozenset[int] = frozenset()


class NameTaken(Exception):
    """Another analysis got the name first."""


class Stale(Exception):
    """Somebody else saved meanwhile. `found` is what differs from theirs; `revision` is theirs."""

    def __init__(self, found: list[Difference], analysis: Analysis):
        super().__init__("Somebody else has saved this analysis meanwhile.")
        self.found = found
        self.pk = analysis.pk
        self.revision = analysis.revision


class Locked(Exception):
    """The status does not allow these changes."""

    def __init__(self, reason: str, found: list[Difference]):
        super().__init__(reason)
        self.found = found


def without_secrets(scans: QuerySet[_Scans]) -> QuerySet[_Scans]:
    """These scans, or scan occurrences, with `has_secret` and `has_crawl_script` instead of what they tell of."""
    has_secret = Case(When(secret="", then=Value(False)), default=Value(True))
    has_crawl_script = Case(When(crawl_script="", then=Value(False)), default=Value(True))
    return scans.defer(*SECRETS).annotate(has_secret=has_secret, has_crawl_script=has_crawl_script)


def stored_scans(analysis: Analysis) -> QuerySet[Scan]:
    """The scans of an analysis, without their secrets."""
    return without_secrets(analysis.scans.all())


def allowed_patterns() -> list[str]:
    return list(AllowedTarget.objects.values_list("pattern", flat=True))


def refused_targets(analysis: Analysis) -> list[str]:
    """Why addresses of this analysis may not be scanned, one reason each; empty when all of them may."""
    patterns = allowed_patterns()
    addresses = analysis.scans.values_list("url", "login_url", "check_url")
    distinct = dict.fromkeys(address for row in addresses for address in row if address)
    reasons = dict.fromkeys(refusal(address, patterns, settings.SITE_URL) for address in distinct)
    return [reason for reason in reasons if reason]


def create(configuration: Configuration, owner: User) -> Analysis:
    """Store a new analysis as Saved for Later. Raises NameTaken."""
    try:
        with transaction.atomic():
            analysis = Analysis.objects.create(
                **configuration.values, owner=owner, engine=settings.DEFAULT_ENGINE, schedule_changed_by=owner
            )
            analysis.teams.set(configuration.teams)
            _save_scans(analysis, configuration, {})
            lifecycle.created(analysis, owner)
    except IntegrityError as error:
        raise _reason(error) from error
    return analysis


def update(analysis: Analysis, configuration: Configuration, actor: User, revision: int) -> list[Difference]:
    """Store what differs, if the analysis still is at `revision`, and log it; answers what differed.

    Raises Stale, Locked, NameTaken, or lifecycle.Refused when a scheduled run cannot take the changes over.
    """
    try:
        with transaction.atomic():
            return _update(_lock(analysis.pk), configuration, actor, revision)
    except IntegrityError as error:
        raise _reason(error) from error


def _reason(error: IntegrityError) -> Exception:
    return NameTaken() if "analysis_name_unique" in str(error) else error


def _lock(pk: int) -> Analysis:
    # A worker's report locks the occurrence, then the analysis: the same order here, or both wait for ever.
    under_way = AnalysisOccurrence.objects.filter(analysis=pk, ended_at=None)
    while True:
        unlocked = transaction.savepoint()
        locked = list(under_way.select_for_update(no_key=True).values_list("pk", flat=True))
        analysis = Analysis.objects.select_for_update(no_key=True).get(pk=pk)
        if not under_way.exclude(pk__in=locked).exists():
            return analysis
        transaction.savepoint_rollback(unlocked)  # it has just been submitted: that run comes first too


def _update(analysis: Analysis, configuration: Configuration, actor: User, revision: int) -> list[Difference]:
    stored = {scan.pk: scan for scan in stored_scans(analysis)}
    found = differences(analysis, stored, configuration)
    if not found:
        return []
    if analysis.revision != revision:
        raise Stale(found, analysis)
    reason = editing_refusal(AnalysisStatus(analysis.status))
    disturbing = [difference for difference in found if difference.disturbs]
    if reason and disturbing:
        raise Locked(reason, disturbing)
    scheduled = bool(disturbing) and analysis.status == AnalysisStatus.SCHEDULED
    if scheduled:
        lifecycle.withdraw(analysis, actor)
    _write(analysis, configuration, actor, found)
    _save_scans(analysis, configuration, stored)
    analysis.refresh_from_db()
    lifecycle.edited(analysis, actor, in_words(found))
    if scheduled:
        lifecycle.submit(analysis, actor, start_at=analysis.start_at)
    return found


def _write(analysis: Analysis, configuration: Configuration, actor: User, found: list[Difference]) -> None:
    values = dict(configuration.values)
    if any(difference.name in _SCHEDULE for difference in found):
        values["schedule_changed_by"] = actor
    values |= {"revision": F("revision") + 1, "version": F("version") + 1, "changed_at": timezone.now()}
    if not Analysis.objects.filter(pk=analysis.pk, revision=analysis.revision).update(**values):
        raise Stale(found, analysis)
    if any(difference.name == "teams" for difference in found):
        kept = analysis.teams.exclude(pk__in=[team.pk for team in configuration.choosable])
        analysis.teams.set([*kept, *configuration.teams])


def _save_scans(analysis: Analysis, configuration: Configuration, stored: dict[int, Scan]) -> None:
    analysis.scans.filter(pk__in=configuration.removed).delete()
    position = (analysis.scans.aggregate(last=Max("position"))["last"] or 0) + 1
    new, changed, with_secret, with_script = [], [], [], []
    for wanted in configuration.scans:
        scan = stored.get(wanted.pk or 0)
        if scan is None:
            scan = Scan(analysis=analysis, position=position, **wanted.values, secret=wanted.secret or "")
            _set_script(scan, wanted.script or CrawlScript())
            new.append(scan)
            position += 1
            continue
        if any(getattr(scan, name) != value for name, value in wanted.values.items()):
            changed.append((scan, wanted.values))
        if wanted.secret is not None:
            scan.secret = wanted.secret
            with_secret.append(scan)
        if wanted.script is not None:
            _set_script(scan, wanted.script)
            with_script.append(scan)
    _save_changed(changed)
    Scan.objects.bulk_update(with_secret, ["secret"], batch_size=_BATCH)
    Scan.objects.bulk_update(with_script, ["crawl_script", "crawl_script_name"], batch_size=_BATCH)
    Scan.objects.bulk_create(new, batch_size=_BATCH)


def _set_script(scan: Scan, script: CrawlScript) -> None:
    scan.crawl_script, scan.crawl_script_name = script.text, script.name


def _save_changed(changed: list[tuple[Scan, dict[str, str]]]) -> None:
    """Two scans may have traded addresses, which are unique: each first leaves its old one."""
    leaving = [scan for scan, values in changed if values["url"] != scan.url]
    for scan in leaving:
        scan.url = f"leaving:{scan.pk}"
    Scan.objects.bulk_update(leaving, ["url"], batch_size=_BATCH)
    for scan, values in changed:
        for name, value in values.items():
            setattr(scan, name, value)
    if changed:
        Scan.objects.bulk_update([scan for scan, _ in changed], list(changed[0][1]), batch_size=_BATCH)


def hand_over(analysis: Analysis, owner: User, teams: Collection[Group], actor: User) -> list[Difference]:
    """Change whose an analysis is and which teams may see it, whatever its status; answers what differed."""
    with transaction.atomic():
        analysis = _lock(analysis.pk)
        wanted = Configuration({"owner": owner}, teams, choosable=list(analysis.teams.all()))
        found = differences(analysis, {}, wanted)
        if found:
            _write(analysis, wanted, actor, found)
            lifecycle.edited(analysis, actor, in_words(found))
    return found


def submit(analysis: Analysis, actor: User) -> AnalysisOccurrence:
    """Submit as configured: to start now, or at the chosen time. Raises lifecycle.Refused.

    A schedule that has begun goes on beside a run that starts now; where its start was put off, it begins anew.
    """
    passed = analysis.start_at is not None and analysis.start_at < timezone.now() - _GRACE
    if passed and analysis.status == AnalysisStatus.SAVED:
        raise lifecycle.Refused("Its start time has passed. Choose another one under Configure Analysis.")
    if analysis.end_by and analysis.end_by <= timezone.now():
        raise lifecycle.Refused("The time by which it has to end has passed. Choose another one, or none.")
    starts = start_of_next_run(analysis)
    with transaction.atomic():
        if starts and analysis.next_start:
            lifecycle.withdraw(analysis, actor)
        return lifecycle.submit(analysis, actor, start_at=starts)


def start_of_next_run(analysis: Analysis) -> datetime | None:
    """The start that was chosen, while it lies in the future; otherwise the next run starts at once."""
    return analysis.start_at if analysis.start_at and analysis.start_at > timezone.now() else None

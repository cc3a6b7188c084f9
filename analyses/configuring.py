"""Saving a configuration: an analysis with its scans in one transaction, the difference in the log."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Max, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from analyses import lifecycle
from analyses.access import may_not_configure
from analyses.differences import Difference, differences, in_words
from analyses.models import AllowedTarget, Analysis, AnalysisOccurrence, Scan, ScanOccurrence, Specification
from analyses.models.secrets import NAMED_SECRETS, SECRETS
from analyses.said import translated
from analyses.statuses import AnalysisStatus, editing_refusal
from analyses.targets import refusal

MOST_SCANS = 1000
_SCHEDULE = frozenset(
    {
        "start_at", "end_by", "duration", "repeat", "repeat_days", "repeat_until", "repeat_count", "zone",
        "pause_from", "pause_until", "pause_days", "repeat_off_after", "prescan_only",
    }
)  # fmt: skip
_BATCH = 200
_Scans = TypeVar("_Scans", Scan, ScanOccurrence)
_Means = Callable[[Difference], bool]


@dataclass(frozen=True)
class Secret:
    """A secret as it is to be stored, with what is said of it where it has a name; without text: none."""

    text: str = field(default="", repr=False)
    name: str = ""


@dataclass(frozen=True)
class ScanSettings:
    """What one scan is to be. `pk` is None for a new one; secrets that are not named are kept."""

    pk: int | None
    values: dict[str, Any]
    secrets: Mapping[str, Secret] = field(default_factory=dict)


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
    """Somebody else saved meanwhile. `found` is what would replace theirs; `revision` is theirs."""

    def __init__(self, found: list[Difference], analysis: Analysis):
        super().__init__(_("Somebody else has saved this analysis meanwhile."))
        self.found = found
        self.pk = analysis.pk
        self.revision = analysis.revision


class Locked(Exception):
    """The status does not allow these changes."""

    def __init__(self, reason: str, found: list[Difference]):
        super().__init__(reason)
        self.found = found


def without_secrets(scans: QuerySet[_Scans]) -> QuerySet[_Scans]:
    """These scans, or scan occurrences, with `has_secret` and the like instead of what they tell of."""
    stored = {f"has_{name}": Case(When(**{name: ""}, then=Value(False)), default=Value(True)) for name in SECRETS}
    return scans.defer(*SECRETS).annotate(**stored)


def stored_scans(analysis: Analysis) -> QuerySet[Scan]:
    """The scans of an analysis, without their secrets."""
    scans = analysis.scans.select_related("specification").defer("specification__requests")
    return without_secrets(scans)


def approved_patterns(analysis: int | None, owner: int | None = None) -> list[str]:
    """What an analysis may scan, or where it is None a new one of this person, also while everything is stopped."""
    return list(AllowedTarget.objects.for_analysis(analysis, owner).values_list("pattern", flat=True))


def refused_targets(analysis: Analysis) -> list[str]:
    """Why addresses of this analysis may not be scanned, one reason each; empty when all of them may."""
    patterns = approved_patterns(analysis.pk)
    addresses = analysis.scans.values_list("url", "login_url", "check_url", "allowed_hosts")
    distinct = dict.fromkeys(address for row in addresses for text in row for address in text.split())
    reasons = dict.fromkeys(refusal(address, patterns, settings.SITE_URL) for address in distinct)
    return [translated(reason) for reason in reasons if reason]


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


def update(
    analysis: Analysis, configuration: Configuration, actor: User, revision: int, means: _Means = lambda _: True
) -> list[Difference]:
    """Store what differs, if the analysis still is at `revision`, and log it; answers what differed.

    `means` tells of a difference whether the actor knows what it replaces. Raises Stale, Locked, NameTaken, or
    lifecycle.Refused when a scheduled run cannot take the changes over.
    """
    try:
        with transaction.atomic():
            return _update(lock(analysis.pk), configuration, actor, revision, means)
    except IntegrityError as error:
        raise _reason(error) from error


def _reason(error: IntegrityError) -> Exception:
    return NameTaken() if "analysis_name_unique" in str(error) else error


def lock(pk: int) -> Analysis:
    """The analysis as it is stored, which nobody else changes, nor its scans, until this transaction ends."""
    # A worker's report locks the occurrence, then the analysis: the same order here, or both wait for ever.
    under_way = AnalysisOccurrence.objects.filter(analysis=pk, ended_at=None)
    while True:
        unlocked = transaction.savepoint()
        locked = list(under_way.select_for_update(no_key=True).values_list("pk", flat=True))
        analysis = Analysis.objects.select_for_update(no_key=True).filter(pk=pk).first()
        if analysis is None:
            raise lifecycle.Refused(_("It has just been deleted."))
        if not under_way.exclude(pk__in=locked).exists():
            return analysis
        transaction.savepoint_rollback(unlocked)  # it has just been submitted: that run comes first too


def _update(
    analysis: Analysis, configuration: Configuration, actor: User, revision: int, means: _Means
) -> list[Difference]:
    stored = {scan.pk: scan for scan in stored_scans(analysis)}
    found = differences(analysis, stored, configuration)
    if not found:
        return []
    if analysis.revision != revision:
        raise Stale(found, analysis)
    if disputed := [difference for difference in found if not means(difference)]:
        raise Stale(disputed, analysis)
    if not_theirs := may_not_configure(actor, analysis):  # it may have been scheduled since the page asked
        raise Locked(not_theirs, found)
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
    names = {difference.name for difference in found}
    lifecycle.edited(analysis, actor, in_words(found), schedule=bool(names & _SCHEDULE), start="start_at" in names)
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
    new: list[Scan] = []
    changed: list[tuple[Scan, dict[str, Any]]] = []
    with_secret: list[tuple[Scan, list[str]]] = []
    for wanted in configuration.scans:
        scan = stored.get(wanted.pk or 0)
        if scan is None:
            scan = Scan(analysis=analysis, position=position, **wanted.values)
            new.append(scan)
            position += 1
        elif any(getattr(scan, name) != value for name, value in wanted.values.items()):
            changed.append((scan, wanted.values))
        columns = _take_over(scan, wanted.secrets)
        if columns and wanted.pk in stored:
            with_secret.append((scan, columns))
    _attach_specifications(analysis, configuration)
    _save_changed(changed)
    for scan, columns in with_secret:
        scan.save(update_fields=columns)
    Scan.objects.bulk_create(new, batch_size=_BATCH)
    analysis.specifications.filter(scans=None, occurrences=None).delete()


def _take_over(scan: Scan, secrets: Mapping[str, Secret]) -> list[str]:
    """Give a scan these secrets; answers the columns that this concerns."""
    columns = []
    for name, secret in secrets.items():
        setattr(scan, name, secret.text)
        columns.append(name)
        if name in NAMED_SECRETS:
            setattr(scan, f"{name}_name", secret.name)
            columns.append(f"{name}_name")
    return columns


def _attach_specifications(analysis: Analysis, configuration: Configuration) -> None:
    """What was read for the page becomes a part of the analysis."""
    used = [wanted.values.get("specification_id") for wanted in configuration.scans]
    drafts = [pk for pk in used if pk]
    if drafts:
        Specification.objects.filter(pk__in=drafts, analysis=None).update(analysis=analysis)


def _save_changed(changed: list[tuple[Scan, dict[str, Any]]]) -> None:
    """Two scans may have traded addresses, which are unique: each first leaves its old one."""
    leaving = [scan for scan, values in changed if values["url"] != scan.url]
    for scan in leaving:
        scan.url = f"leaving:{scan.pk}"
    Scan.objects.bulk_update(leaving, ["url"], batch_size=_BATCH)
    for scan, values in changed:
        for name, value in values.items():
            setattr(scan, name, value)
    if changed:
        names = dict.fromkeys(name for _scan, values in changed for name in values)
        Scan.objects.bulk_update([scan for scan, _values in changed], list(names), batch_size=_BATCH)


def hand_over(analysis: Analysis, owner: User, teams: Collection[Group], actor: User) -> list[Difference]:
    """Change whose an analysis is and which teams may see it, whatever its status; answers what differed."""
    with transaction.atomic():
        analysis = lock(analysis.pk)
        wanted = Configuration({"owner": owner}, teams, choosable=list(analysis.teams.all()))
        found = differences(analysis, {}, wanted)
        if found:
            _write(analysis, wanted, actor, found)
            lifecycle.edited(analysis, actor, in_words(found))
    return found

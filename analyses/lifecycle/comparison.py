"""What has changed since an earlier run: which findings are new, still there or gone, and which were not tested again.

Compared is with the latest earlier run in which every scan ran to its end; where there is none, with the latest one
whose results are available. Nothing is said to be gone by a scan that could not have seen it: one that failed, ended
early or lost its sign-in, is not part of the run any more, or reaches elsewhere than it did.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Case, CharField, Q, QuerySet, TextChoices, Value, When
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext_lazy

from analyses.models import AnalysisOccurrence, AuthHealth, Finding, FindingInstance, ScanOccurrence
from analyses.moves import Ending
from analyses.statuses import ANALYSIS_PUBLISHED, AnalysisStatus

# The settings that say how far a scan reaches: with others it would see other things.
LIMITS = ("scope", "both_schemes", "allowed_hosts", "excluded_urls", "excluded_endpoints")
SIGN_IN = ("sign_in_method", "username")
REACH = (*LIMITS, *SIGN_IN)


class Change(TextChoices):
    """What a finding is in comparison with an earlier run."""

    NEW = "new", gettext_lazy("New")
    STILL = "still", gettext_lazy("Still there")
    GONE = "gone", gettext_lazy("Gone")
    UNTESTED = "untested", gettext_lazy("Not tested again")


class Difference(StrEnum):
    """In what a run covered something else than another one."""

    TARGETS = "targets"
    LIMITS = "limits"
    SIGN_INS = "sign-ins"


HERE = frozenset({Change.NEW, Change.STILL})


@dataclass(frozen=True)
class Comparison:
    """A run, the earlier one it is compared with (None at the first one), and the earlier scans it says nothing of."""

    run: AnalysisOccurrence
    before: AnalysisOccurrence | None = None
    not_repeated: tuple[int, ...] = ()  # scan occurrences of `before`

    @property
    def is_partial(self) -> bool:
        """Whether something of the earlier run was not scanned as it was then."""
        return bool(self.not_repeated)

    def findings(self) -> QuerySet[Any]:
        """The findings of both runs, each with its `change`; those of the run alone and without, at the first one."""
        found = Finding.objects.filter(analysis=self.run.analysis_id)
        here = _seen(scan_occurrence__occurrence=self.run)
        if self.before is None:
            return found.filter(here).annotate(change=Value("", output_field=CharField()))
        there = _seen(scan_occurrence__occurrence=self.before)
        known = there
        if self.before.status != AnalysisStatus.COMPLETED:  # it may have missed what was known already
            known |= _seen(
                scan_occurrence__occurrence__analysis=self.run.analysis_id,
                scan_occurrence__occurrence__number__lt=self.run.number,
            )
        change = Case(
            When(here & known, then=Value(Change.STILL)),
            When(here, then=Value(Change.NEW)),
            When(_seen(scan_occurrence__in=self.not_repeated), then=Value(Change.UNTESTED)),
            default=Value(Change.GONE),
            output_field=CharField(),
        )
        return found.filter(here | there).annotate(change=change)


def _seen(**where: Any) -> Q:
    return Q(pk__in=FindingInstance.objects.filter(**where).values("finding"))


def compared(run: AnalysisOccurrence) -> Comparison:
    """A run beside the one it is compared with."""
    earlier = AnalysisOccurrence.objects.filter(
        analysis=run.analysis_id, number__lt=run.number, status__in=ANALYSIS_PUBLISHED
    )
    whole_first = Case(When(status=AnalysisStatus.COMPLETED, then=0), default=1)
    before = earlier.order_by(whole_first, "-number").first()
    if before is None:
        return Comparison(run)
    repeated = {_reach(scan) for scan in _scans(run) if _saw_all(scan)}
    return Comparison(run, before, tuple(scan["pk"] for scan in _scans(before) if _reach(scan) not in repeated))


def _scans(run: AnalysisOccurrence) -> QuerySet[Any, Any]:
    return run.scans.order_by().values(
        "pk", "url", "specification", "configuration", "ending", "auth_health", "auth_lost_at"
    )


def _saw_all(scan: Any) -> bool:
    """Whether a scan ran to its end, signed in all the time."""
    return scan["ending"] == Ending.COMPLETED and _stayed_signed_in(scan)


def _stayed_signed_in(scan: Any) -> bool:
    return scan["auth_lost_at"] is None and scan["auth_health"] != AuthHealth.FAILED


def _reach(scan: Any) -> tuple[str, int | None, str]:
    """What a scan covers, to be compared."""
    return scan["url"], scan["specification"], repr([scan["configuration"].get(name) for name in REACH])


@dataclass(frozen=True)
class Extent:
    """What a run covered, as far as runs have to be alike in it for their numbers to be compared."""

    targets: frozenset[Any] = frozenset()
    limits: frozenset[Any] = frozenset()
    sign_ins: frozenset[Any] = frozenset()
    signed_in: bool = True  # all the time, wherever that was wanted

    def differs_from(self, other: "Extent") -> Difference | None:
        """In what; None where they are alike."""
        if self.targets != other.targets:
            return Difference.TARGETS
        if self.limits != other.limits:
            return Difference.LIMITS
        return Difference.SIGN_INS if self.sign_ins != other.sign_ins else None


def extents(runs: Iterable[AnalysisOccurrence]) -> dict[int, Extent]:
    """What each of these runs covered, by its id. One query."""
    scans: dict[int, list[dict[str, Any]]] = {run.pk: [] for run in runs}
    settings = {f"setting_{name}": KeyTransform(name, "configuration") for name in REACH}
    rows: QuerySet[Any, Any] = ScanOccurrence.objects.filter(occurrence__in=list(scans)).order_by()
    for scan in rows.values("occurrence", "url", "specification", "auth_health", "auth_lost_at", **settings):
        scans[scan["occurrence"]].append(scan)
    return {pk: _extent(of_run) for pk, of_run in scans.items()}


def _extent(scans: list[dict[str, Any]]) -> Extent:
    def told(names: Iterable[str]) -> frozenset[Any]:
        return frozenset((*_target(scan), repr([scan[f"setting_{name}"] for name in names])) for scan in scans)

    signed_in = all(_stayed_signed_in(scan) for scan in scans)
    return Extent(frozenset(map(_target, scans)), told(LIMITS), told(SIGN_IN), signed_in)


def _target(scan: dict[str, Any]) -> tuple[str, int | None]:
    return scan["url"], scan["specification"]

"""What a run, or one scan of it, went through and for how long, as a line of phases, from the activity log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from analyses.models import Activity, AnalysisOccurrence, ScanOccurrence
from analyses.statuses import AnalysisStatus, Group, ScanStatus, Status, logged, meaning_of

WIDTH = 1000  # units of the picture
END_WIDTH = 6  # of the mark at the end of one that failed
NARROWEST = 8  # of a phase: it can still be seen
MOST = 60  # phases: a scan that is paused and resumed all day has more, and the last ones are shown


def is_final(status: Status) -> bool:
    return meaning_of(status).group in (Group.ENDED, Group.PUBLISHED)


@dataclass(frozen=True)
class Phase:
    """One status for as long as it lasted, and where it stands in the picture."""

    status: Status
    began: datetime
    ended: datetime | None  # None: it lasts
    length: timedelta
    x: float
    width: float

    @property
    def label(self) -> str:
        plain = self.status is AnalysisStatus.IN_PROGRESS_WARNING
        return str(AnalysisStatus.IN_PROGRESS.label if plain else self.status.label)

    @property
    def kind(self) -> str:
        """What it is to the eye: waiting, running, stopping or verifying."""
        return meaning_of(self.status).group.name.lower()


@dataclass(frozen=True)
class Timeline:
    """The phases in their order; `total` is from the beginning of the first to the end of the last.

    `outcome` is the status that it ended in, None while it lasts.
    """

    phases: list[Phase]
    total: timedelta
    outcome: Status | None = None
    ended: datetime | None = None
    width: int = WIDTH
    end_width: int = END_WIDTH

    @property
    def end_x(self) -> int:
        return self.width - self.end_width

    @property
    def failed(self) -> bool:
        """Whether it ended badly: then the picture ends in red."""
        return self.tone == "red"

    @property
    def tone(self) -> str:
        return str(meaning_of(self.outcome).tone) if self.outcome else ""

    @property
    def in_words(self) -> str:
        """The picture for those who do not see it."""
        return _("Time line of %(count)s phases; the list below has them in words.") % {"count": len(self.phases)}


def timeline_of(run: AnalysisOccurrence) -> Timeline | None:
    """The phases of a run, the wait for a scheduled start left out; None before there is anything. One query."""
    return _drawn_of(Activity.objects.filter(occurrence=run, scan_occurrence=None), _runs_by_logged_name())


def timeline_of_scan(scan: ScanOccurrence) -> Timeline | None:
    """The same of one scan."""
    return _drawn_of(Activity.objects.filter(scan_occurrence=scan), _scans_by_logged_name())


def _drawn_of(entries: QuerySet[Activity], by_logged_name: Mapping[str, Status]) -> Timeline | None:
    moments: list[tuple[Status, datetime]] = []
    own = entries.exclude(new_status="").order_by("-pk").values_list("new_status", "at")
    for label, at in reversed(own[: MOST + 1]):
        status = by_logged_name.get(label)
        if status and not (moments and moments[-1][0] is status):
            moments.append((status, at))
    for number, (status, _at) in reversed(list(enumerate(moments))):
        if status in (AnalysisStatus.SCHEDULED, ScanStatus.SCHEDULED):
            moments = moments[number + 1 :]
            break
    return drawn(moments) if moments else None


@cache
def _runs_by_logged_name() -> dict[str, Status]:
    return {logged(status): status for status in AnalysisStatus}


@cache
def _scans_by_logged_name() -> dict[str, Status]:
    return {logged(status): status for status in ScanStatus}


def drawn(moments: Sequence[tuple[Status, datetime]]) -> Timeline | None:
    """Each status until the next one; a final one lasts no time."""
    last, at = moments[-1]
    is_over = is_final(last)
    end = at if is_over else max(timezone.now(), at)
    until = [began for _, began in moments[1:]] + [end]
    spans = [(status, began, over) for (status, began), over in zip(moments, until, strict=True)]
    spans = [span for span in spans if not is_final(span[0])]
    if not spans:
        return None
    lengths = [max(timedelta(0), over - began) for _, began, over in spans]
    total = sum(lengths, timedelta(0))
    shares = [length / total if total else 1 / len(spans) for length in lengths]
    spare = WIDTH - NARROWEST * len(spans)
    phases, x = [], 0.0
    for (status, began, over), length, share in zip(spans, lengths, shares, strict=True):
        width = NARROWEST + spare * share
        lasts = over is end and not is_over
        phases.append(Phase(status, began, None if lasts else over, length, round(x, 1), round(width, 1)))
        x += width
    return Timeline(phases, total, *((last, at) if is_over else ()))

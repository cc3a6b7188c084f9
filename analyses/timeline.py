"""What a run went through and for how long, as a line of phases, from the activity log."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.utils import timezone
from django.utils.translation import gettext as _

from analyses.models import Activity, AnalysisOccurrence
from analyses.statuses import ANALYSIS, ANALYSIS_FINAL, AnalysisStatus, logged

WIDTH = 1000  # units of the picture
NARROWEST = 8  # of a phase: it can still be seen
MOST = 60  # phases: a scan that is paused and resumed all day has more, and the last ones are shown


@dataclass(frozen=True)
class Phase:
    """One status for as long as it lasted, and where it stands in the picture."""

    status: AnalysisStatus
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
        return ANALYSIS[self.status].group.name.lower()


@dataclass(frozen=True)
class Timeline:
    """The phases in their order; `total` is from the beginning of the first to the end of the last."""

    phases: list[Phase]
    total: timedelta
    width: int = WIDTH

    @property
    def in_words(self) -> str:
        """The picture for those who do not see it."""
        return _("Time line of %(count)s phases; the list below has them in words.") % {"count": len(self.phases)}


def timeline_of(run: AnalysisOccurrence) -> Timeline | None:
    """The phases of a run, the wait for a scheduled start left out; None before there is anything. One query."""
    own = Activity.objects.filter(occurrence=run, scan_occurrence=None).exclude(new_status="")
    moments: list[tuple[AnalysisStatus, datetime]] = []
    for label, at in reversed(own.order_by("-pk").values_list("new_status", "at")[: MOST + 1]):
        status = _by_logged_name().get(label)
        if status and not (moments and moments[-1][0] is status):
            moments.append((status, at))
    for number, (status, _at) in reversed(list(enumerate(moments))):
        if status is AnalysisStatus.SCHEDULED:
            moments = moments[number + 1 :]
            break
    return drawn(moments) if moments else None


@cache
def _by_logged_name() -> dict[str, AnalysisStatus]:
    return {logged(status): status for status in AnalysisStatus}


def drawn(moments: list[tuple[AnalysisStatus, datetime]]) -> Timeline | None:
    """Each status until the next one; a final one lasts no time."""
    last, at = moments[-1]
    end = at if last in ANALYSIS_FINAL else max(timezone.now(), at)
    until = [began for _, began in moments[1:]] + [end]
    spans = [(status, began, over) for (status, began), over in zip(moments, until, strict=True)]
    spans = [span for span in spans if span[0] not in ANALYSIS_FINAL]
    if not spans:
        return None
    lengths = [max(timedelta(0), over - began) for _, began, over in spans]
    total = sum(lengths, timedelta(0))
    shares = [length / total if total else 1 / len(spans) for length in lengths]
    spare = WIDTH - NARROWEST * len(spans)
    phases, x = [], 0.0
    for (status, began, over), length, share in zip(spans, lengths, shares, strict=True):
        width = NARROWEST + spare * share
        lasts = over is end and last not in ANALYSIS_FINAL
        phases.append(Phase(status, began, None if lasts else over, length, round(x, 1), round(width, 1)))
        x += width
    return Timeline(phases, total)

"""How many findings the runs of an analysis had, as a picture and in numbers.

The bars are what each run had. The line over them is what may be compared: it joins whole runs that covered the same,
passes over those that may have missed something, and breaks, with the reason, where a run covered something else.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.engines.contract import Severity
from analyses.lifecycle.comparison import Difference, Extent, extents
from analyses.models import AnalysisOccurrence, FindingInstance
from analyses.models.findings import SETTLED
from analyses.statuses import ANALYSIS_PUBLISHED, AnalysisStatus

RUNS = 12  # the latest
STEP, WIDTH, HEIGHT = 36, 22, 72  # units of the picture: from bar to bar, of a bar, of the highest one
LABELS = 16  # below the bars
_PARTIAL = gettext_lazy("Run #%(run)s is not on the line: it is partial and may have missed something.")
_SIGNED_OUT = gettext_lazy(
    "Run #%(run)s is not on the line: it was signed out for a while and may have missed something."
)
_BREAKS = {
    Difference.TARGETS: gettext_lazy("The line begins anew at run #%(run)s: it had other targets."),
    Difference.LIMITS: gettext_lazy("The line begins anew at run #%(run)s: it had other limits of what is scanned."),
    Difference.SIGN_INS: gettext_lazy("The line begins anew at run #%(run)s: it had other sign-ins."),
}


@dataclass(frozen=True)
class Part:
    """One severity of a bar: a rectangle of the picture."""

    severity: str
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One run: how many distinct findings of each severity it had."""

    run: AnalysisOccurrence
    counts: list[tuple[str, int]]
    position: int
    highest: int  # total of all bars
    left_out: str | Promise = ""  # of the line: why, with a place for its number
    breaks: str | Promise = ""  # the line before it: why, likewise

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts)

    @property
    def is_partial(self) -> bool:
        """Whether it may have missed something: it then says little about what is gone."""
        return self.run.status != AnalysisStatus.COMPLETED

    @property
    def x(self) -> int:
        return self.position * STEP + (STEP - WIDTH) // 2

    @property
    def middle(self) -> int:
        return self.position * STEP + STEP // 2

    @property
    def top(self) -> float:
        return round(HEIGHT * (1 - self.total / max(self.highest, 1)), 2)

    @property
    def height(self) -> float:
        return round(HEIGHT - self.top, 2)

    @property
    def parts(self) -> Iterator[Part]:
        """The worst at the bottom, where bars can be compared best."""
        y = float(HEIGHT)
        for severity, count in self.counts:
            if count:
                height = HEIGHT * count / max(self.highest, 1)
                y -= height
                yield Part(severity, self.x, round(y, 2), round(height, 2))


@dataclass(frozen=True)
class Trend:
    """The bars, oldest first, the line over them, and the size of their picture."""

    bars: list[Bar]
    bar_width: int = WIDTH
    base: int = HEIGHT
    labels_at: int = HEIGHT + LABELS - 3
    height: int = HEIGHT + LABELS

    @property
    def width(self) -> int:
        return len(self.bars) * STEP

    @property
    def has_partial(self) -> bool:
        return any(bar.is_partial for bar in self.bars)

    @property
    def lines(self) -> list[list[Bar]]:
        """The runs that may be compared with each other, line by line, in their order."""
        lines: list[list[Bar]] = []
        for bar in self.bars:
            if bar.left_out:
                continue
            if bar.breaks or not lines:
                lines.append([])
            lines[-1].append(bar)
        return lines

    @property
    def drawn_lines(self) -> list[str]:
        """The points of each line of two runs and more, as SVG has them."""
        return [" ".join(f"{bar.middle},{bar.top}" for bar in line) for line in self.lines if len(line) > 1]

    @property
    def notes(self) -> list[str]:
        """Why the line is not drawn through all of them, in words."""
        left_out = [(bar.left_out, bar) for bar in self.bars if bar.left_out]
        broken = [(bar.breaks, bar) for bar in self.bars if bar.breaks]
        return [str(why) % {"run": bar.run.number} for why, bar in left_out + broken]

    @property
    def in_words(self) -> str:
        """The picture for those who do not see it."""
        first, last = self.bars[0], self.bars[-1]
        return _("Findings of %(runs)s runs: %(before)s in run %(first)s, %(now)s in run %(last)s.") % {
            "runs": len(self.bars),
            "before": number_format(first.total, force_grouping=True),
            "first": first.run.number,
            "now": number_format(last.total, force_grouping=True),
            "last": last.run.number,
        }


def trend_until(run: AnalysisOccurrence) -> Trend | None:
    """The runs with results up to this one; None where there are not two.

    What has been judged a false positive or an accepted risk by now is left out of all of them.
    """
    published = AnalysisOccurrence.objects.filter(
        analysis=run.analysis_id, number__lte=run.number, status__in=ANALYSIS_PUBLISHED
    )
    runs = list(published.only("number", "status", "ended_at").order_by("-number")[:RUNS])[::-1]
    if len(runs) < 2:
        return None
    found = FindingInstance.objects.filter(scan_occurrence__occurrence__in=runs).exclude(finding__state__in=SETTLED)
    numbers = found.order_by().values_list("scan_occurrence__occurrence", "finding__severity")
    counted = {(pk, severity): n for pk, severity, n in numbers.annotate(n=Count("finding", distinct=True))}
    totals: Counter[int] = Counter()
    for (pk, _severity), number in counted.items():
        totals[pk] += number
    highest = max(totals.values(), default=0)
    reasons = _reasons(runs)
    return Trend(
        [
            Bar(
                each,
                [(severity.value, counted.get((each.pk, severity.value), 0)) for severity in Severity],
                n,
                highest,
                *reasons[each.pk],
            )
            for n, each in enumerate(runs)
        ]
    )


def _reasons(runs: list[AnalysisOccurrence]) -> dict[int, tuple[str | Promise, str | Promise]]:
    """Of each run, by its id: why it is not on the line, and why the line breaks before it; empty where it does not."""
    covered = extents(runs)
    reasons: dict[int, tuple[str | Promise, str | Promise]] = {}
    before = None
    for run in runs:
        extent = covered[run.pk]
        left_out = _left_out(run, extent)
        differs = extent.differs_from(before) if before and not left_out else None
        reasons[run.pk] = left_out, _BREAKS[differs] if differs else ""
        before = before if left_out else extent
    return reasons


def _left_out(run: AnalysisOccurrence, extent: Extent) -> str | Promise:
    if run.status != AnalysisStatus.COMPLETED:
        return _PARTIAL
    return "" if extent.signed_in else _SIGNED_OUT

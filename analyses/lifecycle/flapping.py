"""Analyses whose prescans fail and succeed in turns: that is told once, and then nothing until they are steady.

The rule stands here and nowhere else. A run fails or succeeds as its prescan does. STEADY runs in a row that end alike
are steady. More than MOST_CHANGES changes from one to the other since then, within WITHIN, is flapping. It is over when
they are steady again, or so few within WITHIN that nobody is told too much.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from itertools import pairwise

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from analyses.lifecycle import announcements, notices
from analyses.lifecycle.writing import Change
from analyses.models import Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.said import said as _
from analyses.said import said_of as ngettext
from analyses.statuses import AnalysisStatus

MOST_CHANGES = 4
WITHIN = timedelta(hours=24)
STEADY = 3
KEY = f"{notices.KEY}flapping"  # of the entry in the log of a run that was not told by itself


def tell_prescan(opened: Change) -> None:
    """Tell how the prescan of a run went; of an analysis that flaps that it does, once."""
    run, analysis = opened.occurrence, opened.occurrence.analysis
    failed = _outcomes(run)
    if analysis.flapping_since is None and changes(failed) > MOST_CHANGES:
        _since(analysis, begins=True)
        opened.note(_("Flapping"), cause=_told(changes(failed)), key=KEY)
        opened.announce(partial(announcements.flapping, changes=changes(failed)))
    elif analysis.flapping_since and len(failed) >= STEADY and not is_steady(failed):
        cause = _(
            "No mail: its prescans fail and succeed in turns, and not %(runs)s in a row ended alike.", runs=STEADY
        )
        opened.note(_("Flapping"), cause=cause, key=KEY)
    else:
        if analysis.flapping_since:
            _since(analysis, begins=False)
            opened.note(_("Steady again"), cause=_over(failed), key=f"{notices.KEY}steady")
        opened.announce(announcements.prescan_ended)


def changes(failed: Sequence[bool]) -> int:
    """How often they went from one to the other since they were steady."""
    since = next((end for end in range(len(failed), 0, -1) if is_steady(failed[:end])), 1)
    return sum(one != other for one, other in pairwise(failed[since - 1 :]))


def is_steady(failed: Sequence[bool]) -> bool:
    """Whether the latest ended alike."""
    return len(failed) >= STEADY and len(set(failed[-STEADY:])) == 1


def _outcomes(run: AnalysisOccurrence) -> list[bool]:
    """Whether the prescan of each run of late failed, in their order; this one is the last. Two queries."""
    scans = ScanOccurrence.objects.filter(occurrence=OuterRef("pk"))
    recent = Q(submitted_at__gte=timezone.now() - WITHIN) | Q(start_at__gte=timezone.now() - WITHIN)
    before = AnalysisOccurrence.objects.filter(recent, analysis=run.analysis_id, number__lt=run.number)
    before = before.annotate(
        failed=Exists(scans.filter(prescan_passed=False)), passed=Exists(scans.filter(prescan_passed=True))
    )
    known = before.order_by("number").values_list("failed", "passed")
    given_up = run.status == AnalysisStatus.TECHNICAL_ISSUE
    return [
        *(failed for failed, passed in known if failed or passed),
        given_up or run.scans.filter(prescan_passed=False).exists(),
    ]


def _since(analysis: Analysis, *, begins: bool) -> None:
    analysis.flapping_since = timezone.now() if begins else None
    Analysis.objects.filter(pk=analysis.pk).update(flapping_since=analysis.flapping_since)


def _over(failed: Sequence[bool]) -> str:
    if is_steady(failed):
        return _("%(runs)s prescans in a row ended alike: each is told again.", runs=STEADY)
    return _("Fewer than %(runs)s prescans within a day: each is told again.", runs=STEADY)


def _told(number: int) -> str:
    return ngettext(
        "Its prescans went from failing to succeeding or back %(count)s time within a day: told in one mail.",
        "Its prescans went from failing to succeeding or back %(count)s times within a day: told in one mail.",
        number,
    )

"""Schedules that end themselves: when runs fail again and again, the next one tells nobody anything new."""

from typing import TYPE_CHECKING

from analyses.lifecycle import announcements
from analyses.models import Analysis
from analyses.said import said as _
from analyses.said import said_of as ngettext
from analyses.statuses import AnalysisStatus, logged

if TYPE_CHECKING:
    from analyses.lifecycle.writing import Change

FAILED = frozenset({AnalysisStatus.NOT_SUBMITTED, AnalysisStatus.ALL_FAILED, AnalysisStatus.TECHNICAL_ISSUE})


def run_ended(opened: "Change") -> None:
    """Count a run of a schedule that has failed, and end the schedule after too many in a row.

    Any other ending begins the count anew. A run that no schedule has made is not counted.
    """
    occurrence = opened.occurrence
    if occurrence.nominal_at is None:
        return
    analysis = Analysis.objects.select_for_update(no_key=True).get(pk=occurrence.analysis_id)
    if analysis.next_start is None:  # there is nothing left to be ended
        return
    failures = analysis.repeat_failures + 1 if occurrence.status in FAILED else 0
    ends = bool(analysis.repeat_off_after) and failures >= (analysis.repeat_off_after or 0)
    next_start = None if ends else analysis.next_start
    Analysis.objects.filter(pk=analysis.pk).update(repeat_failures=failures, next_start=next_start)
    if ends:
        opened.note(_("Schedule ended"), cause=_why(failures, AnalysisStatus(occurrence.status)))
        announcements.schedule_ended(occurrence, failures)


def _why(failures: int, last: AnalysisStatus) -> str:
    return ngettext(
        "Its last run has failed; the last one is %(status)s. Submit it again to begin it anew.",
        "%(count)s runs in a row have failed; the last one is %(status)s. Submit it again to begin it anew.",
        failures,
        status=_(logged(last)),
    )

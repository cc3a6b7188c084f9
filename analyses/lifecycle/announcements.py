"""The three mails of an analysis: who gets them and what they say. Called inside the change they tell of."""

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from analyses.models import AnalysisOccurrence, AuthHealth, Finding, FindingInstance, ScanOccurrence
from analyses.moves import Ending
from analyses.statuses import ANALYSIS_PUBLISHED, PRESCAN_FAILED, SCAN_PROBLEM, AnalysisStatus, ScanStatus
from notifications import outbox

LEAD_BACKEND = settings.AUTHENTICATION_BACKENDS[0]


def prescan_ended(occurrence: AnalysisOccurrence) -> None:
    """Tell whoever last changed the schedule, else the creator, how the prescan went."""
    analysis = occurrence.analysis
    changed_by = analysis.schedule_changed_by
    scans = list(occurrence.scans.all())
    failed = [scan for scan in scans if scan.status in PRESCAN_FAILED]
    outbox.enqueue(
        "prescan_failed" if failed else "prescan_succeeded",
        str(occurrence.pk),
        users=[changed_by if changed_by and changed_by.is_active else analysis.owner],
        context={
            "analysis_name": analysis.name,
            "path": reverse("analyses:summary", args=[analysis.pk]),
            "occurrence_number": occurrence.number,
            "scan_count": len(scans),
            "failed_count": len(failed),
            "passed_count": len(scans) - len(failed),
            "scans": [_line(scan) for scan in failed or scans],
            "starts": "as soon as capacity is free",
        },
    )


def results_published(occurrence: AnalysisOccurrence) -> None:
    """Tell the security leads, and the configured internal recipients, that results can be read."""
    from notifications.models import InternalRecipient

    analysis = occurrence.analysis
    leads = User.objects.with_perm("analyses.lead_security", backend=LEAD_BACKEND)
    found = _findings(occurrence)
    by_severity = dict.fromkeys(("Critical", "High", "Medium", "Low", "Info"), 0)
    for severity in found.values():
        by_severity[severity.capitalize()] += 1
    new_count, gone_count = _compared_with_before(occurrence, set(found))
    partial = occurrence.status != AnalysisStatus.COMPLETED
    outbox.enqueue(
        "results_published",
        str(occurrence.pk),
        users=leads.filter(is_active=True),
        addresses=InternalRecipient.objects.filter(active=True).values_list("address", flat=True),
        context={
            "analysis_name": analysis.name,
            "path": reverse("analyses:results", args=[analysis.pk]),
            "occurrence_number": occurrence.number,
            "status": AnalysisStatus(occurrence.status).label,
            "partial": partial,
            "why_partial": _why_partial(occurrence) if partial else "",
            "severities": list(by_severity.items()),
            "total": len(found),
            "new_count": new_count,
            "gone_count": gone_count,
        },
    )


def _line(scan: ScanOccurrence) -> dict[str, str]:
    return {
        "url": scan.url,
        "status": ScanStatus(scan.status).label,
        "cause": scan.cause,
        "advice": scan.next_step,
    }


def _findings(occurrence: AnalysisOccurrence) -> dict[int, str]:
    """The occurrence's distinct findings with their severity."""
    instances = FindingInstance.objects.filter(scan_occurrence__occurrence=occurrence)
    return dict(Finding.objects.filter(pk__in=instances.values("finding")).values_list("pk", "severity"))


def _compared_with_before(occurrence: AnalysisOccurrence, found: set[int]) -> tuple[int | None, int | None]:
    """How many findings are new and how many are gone since the last published results; None at the first ones.

    Gone is only what a scan that could have seen it did not see: one that ran to its end, signed in all the time.
    """
    before = occurrence.analysis.occurrences.filter(number__lt=occurrence.number, status__in=ANALYSIS_PUBLISHED)
    earlier = before.order_by("-number").first()
    if earlier is None:
        return None, None
    whole = occurrence.scans.filter(ending=Ending.COMPLETED, auth_lost_at=None).exclude(auth_health=AuthHealth.FAILED)
    seen_again = FindingInstance.objects.filter(
        scan_occurrence__occurrence=earlier, scan_occurrence__url__in=whole.values("url")
    )
    gone = set(seen_again.values_list("finding", flat=True)) - found
    return len(found - set(_findings(earlier))), len(gone)


def _why_partial(occurrence: AnalysisOccurrence) -> str:
    if occurrence.stop == "keep":
        return "The analysis was stopped before it was done."
    if occurrence.stop == "duration":
        return "The allowed duration passed before every scan was done."
    problems = occurrence.scans.filter(status__in=SCAN_PROBLEM).count()
    return f"{problems} of {occurrence.scans.count()} scans failed or ended early."

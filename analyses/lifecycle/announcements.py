"""What is told of an analysis, by mail and to web hooks: to whom, and what. Called inside the change it tells of."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from analyses.lifecycle.freezing import repeats_in_words
from analyses.lifecycle.log_ends import log_ends
from analyses.lifecycle.result_numbers import findings_of, result_numbers
from analyses.models import Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.models.secrets import SECRETS
from analyses.said import translated
from analyses.statuses import PRESCAN_FAILED, SCAN_PROBLEM, AnalysisStatus, ScanStatus
from notifications import hooks, outbox
from notifications.models import OutgoingMail

# Knows who has which right. Those of the settings that only count tries know nobody.
LEAD_BACKEND = "django.contrib.auth.backends.ModelBackend"
MOST_TARGETS = 20  # that a mail of results lists


def prescan_ended(occurrence: AnalysisOccurrence) -> list[OutgoingMail]:
    """Tell whoever last changed the schedule, else the owner, and the analysis's recipients, how the prescan went."""
    analysis = occurrence.analysis
    scans = list(occurrence.scans.defer(*SECRETS))
    given_up = occurrence.status == AnalysisStatus.TECHNICAL_ISSUE
    failed = [scan for scan in scans if given_up or scan.status in PRESCAN_FAILED]
    return _tell(
        "prescan_failed" if failed else "prescan_succeeded",
        occurrence,
        users=[in_charge(analysis)],
        addresses=analysis.recipients.splitlines(),
        context={
            "analysis_name": analysis.name,
            "path": reverse("analyses:summary", args=[analysis.pk]),
            "occurrence_number": occurrence.number,
            "status": AnalysisStatus(occurrence.status).label,
            "scan_count": len(scans),
            "failed_count": len(failed),
            "passed_count": len(scans) - len(failed),
            "scans": _lines(failed) if failed else [_line(scan) for scan in scans],
            "prescan_only": occurrence.prescan_only,
            **_took(_begun(occurrence), timezone.now()),
        },
    )


def flapping(occurrence: AnalysisOccurrence, changes: int) -> list[OutgoingMail]:
    """Tell whom prescans are told that those of this analysis fail and succeed in turns, and how the last one went."""
    analysis = occurrence.analysis
    scans = list(occurrence.scans.filter(status__in=PRESCAN_FAILED).defer(*SECRETS))
    return _tell(
        "flapping",
        occurrence,
        users=[in_charge(analysis)],
        addresses=analysis.recipients.splitlines(),
        context={
            "analysis_name": analysis.name,
            "path": reverse("analyses:history", args=[analysis.pk]),
            "occurrence_number": occurrence.number,
            "status": AnalysisStatus(occurrence.status).label,
            "changes": changes,
            "scans": _lines(scans),
        },
    )


def schedule_ended(occurrence: AnalysisOccurrence, failures: int) -> None:
    """Tell who is told of prescans that the schedule has ended itself, with how its last run ended."""
    analysis = occurrence.analysis
    scans = list(occurrence.scans.filter(status__in=SCAN_PROBLEM).defer(*SECRETS))
    _tell(
        "schedule_ended",
        occurrence,
        users=[in_charge(analysis)],
        context={
            "analysis_name": analysis.name,
            "path": reverse("analyses:summary", args=[analysis.pk]),
            "occurrence_number": occurrence.number,
            "failures": failures,
            "status": AnalysisStatus(occurrence.status).label,
            "scans": _lines(scans),
        },
    )


def results_held(occurrence: AnalysisOccurrence) -> list[OutgoingMail]:
    """Tell the security leads that results wait for one of them."""
    analysis = occurrence.analysis
    return _tell(
        "results_held",
        occurrence,
        users=_leads(),
        context={
            "analysis_name": analysis.name,
            "path": reverse("analyses:results", args=[analysis.pk]),
            "occurrence_number": occurrence.number,
            "status": AnalysisStatus(occurrence.status).label,
            "total": findings_of(occurrence).count(),
            **_took(occurrence.started_at, _engines_ended(occurrence)),
        },
    )


def _tell(
    event: str,
    occurrence: AnalysisOccurrence,
    *,
    users: Iterable[User],
    addresses: Iterable[str] = (),
    context: Mapping[str, Any],
) -> list[OutgoingMail]:
    """Write the mails, and the messages to hooks: those for everything, and for a team that sees the analysis.

    Answers the mails that are held back for now.
    """
    about = f"analysis:{occurrence.analysis_id}"
    outbox.enqueue(event, str(occurrence.pk), users=users, addresses=addresses, context=context, thread=about)
    hooks.enqueue(event, str(occurrence.pk), teams=_teams_that_see(occurrence.analysis), context=context)
    held = OutgoingMail.objects.to_gather().filter(key__startswith=f"{event}:{occurrence.pk}:")
    return list(held.defer("text", "html").select_related("user").order_by("pk"))


def _teams_that_see(analysis: Analysis) -> QuerySet[Group]:
    """Those it is shared with, and those that see everything: see AnalysisQuerySet.visible_to."""
    leads = Q(permissions__content_type__app_label="analyses", permissions__codename="lead_security")
    return Group.objects.filter(Q(analysis=analysis) | leads).distinct()


def in_charge(analysis: Analysis) -> User:
    """Whoever last changed the schedule, if they are still here and still see the analysis; else the owner."""
    changed_by = analysis.schedule_changed_by
    if changed_by is None or not changed_by.is_active:
        return analysis.owner
    sees = Analysis.objects.visible_to(changed_by).filter(pk=analysis.pk).exists()
    return changed_by if sees else analysis.owner


def _leads() -> QuerySet[User]:
    return User.objects.with_perm("analyses.lead_security", backend=LEAD_BACKEND).filter(is_active=True)


def results_published(occurrence: AnalysisOccurrence) -> list[OutgoingMail]:
    """Tell the security leads, the internal recipients and the analysis's own, that results can be read."""
    from notifications.models import InternalRecipient

    analysis = occurrence.analysis
    partial = occurrence.status != AnalysisStatus.COMPLETED
    return _tell(
        "results_published",
        occurrence,
        users=_leads(),
        addresses=[
            *InternalRecipient.objects.filter(active=True).values_list("address", flat=True),
            *analysis.recipients.splitlines(),
        ],
        context={
            "analysis_name": analysis.name,
            "path": reverse("analyses:results", args=[analysis.pk]),
            "occurrence_number": occurrence.number,
            "status": AnalysisStatus(occurrence.status).label,
            "partial": partial,
            "why_partial": _why_partial(occurrence) if partial else "",
            **result_numbers(occurrence),
            **_took(occurrence.started_at, _engines_ended(occurrence)),
            **_targets(occurrence),
            "schedule": _schedule(analysis),
            "next_run": analysis.next_run,
        },
    )


def _begun(occurrence: AnalysisOccurrence) -> datetime:
    """Since when a run waited for its prescan: since it was submitted, or since its time came."""
    return max(filter(None, (occurrence.submitted_at, occurrence.start_at)))


def _engines_ended(occurrence: AnalysisOccurrence) -> datetime | None:
    return occurrence.scans.aggregate(last=Max("engine_ended_at"))["last"]


def _took(started: datetime | None, ended: datetime | None) -> dict[str, Any]:
    """From when to when, and how long it was; nothing where that is not known."""
    if started is None or ended is None:
        return {}
    return {"started": started, "ended": ended, "seconds": (ended - started).total_seconds()}


def _targets(occurrence: AnalysisOccurrence) -> dict[str, Any]:
    """The first targets, in their order, and how many there are besides."""
    scans = occurrence.scans.defer(*SECRETS)
    return {
        "targets": [scan.title for scan in scans[:MOST_TARGETS]],
        "more_targets": max(0, scans.count() - MOST_TARGETS),
    }


# As words only where a mail is worded: in its reader's language, whoever caused it.
_next_step = lazy(lambda scan: scan.next_step, str)
_cause = lazy(lambda scan: translated(scan.cause), str)
_schedule = lazy(repeats_in_words, str)


def _line(scan: ScanOccurrence) -> dict[str, Any]:
    return {
        "url": scan.title,
        "status": ScanStatus(scan.status).label,
        "cause": _cause(scan),
        "advice": _next_step(scan),
    }


def _lines(failed: list[ScanOccurrence]) -> list[dict[str, Any]]:
    """Scans that failed, the first of them with how their logs end."""
    ends = log_ends(failed)
    return [{**_line(scan), "log": ends.get(scan.pk)} for scan in failed]


def _why_partial(occurrence: AnalysisOccurrence) -> str | Promise:
    if occurrence.stop == "keep":
        return _("The analysis was stopped before it was done.")
    if occurrence.stop == "duration":
        return _("The allowed duration passed before every scan was done.")
    problems = occurrence.scans.filter(status__in=SCAN_PROBLEM).count()
    said = _("{problems} of {scans} scans failed or ended early.")
    return format_lazy(said, problems=problems, scans=occurrence.scans.count())

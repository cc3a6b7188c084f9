"""Deleting an analysis with all that belongs to it. Nothing of it may be live; what remains is one row that says so."""

import logging
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analyses.actions import deletion_refusal
from analyses.lifecycle.english import in_english
from analyses.lifecycle.writing import Refused, note_on
from analyses.models import (
    Activity,
    Analysis,
    AnalysisOccurrence,
    CrawledUrl,
    DeletedAnalysis,
    EngineLog,
    Finding,
    FindingInstance,
    PrescanStep,
    Retest,
    Scan,
    SignInTest,
)
from analyses.said import said
from analyses.statuses import AnalysisStatus

log = logging.getLogger(__name__)
_NOT_DELETED = _("Not deleted")
_FAILED = _("Deleting it failed, and all of it is still there. Administrators find the reason in the server's log.")


@dataclass(frozen=True)
class Loss:
    """How much goes with an analysis."""

    runs: int
    scans: int
    findings: int
    entries: int


def loss_of(*analyses: Analysis) -> Loss:
    """What deleting them would lose."""
    return Loss(
        runs=AnalysisOccurrence.objects.filter(analysis__in=analyses).count(),
        scans=Scan.objects.filter(analysis__in=analyses).count(),
        findings=Finding.objects.filter(analysis__in=analyses).count(),
        entries=Activity.objects.filter(analysis__in=analyses).count(),
    )


def delete(analysis: Analysis, actor: User) -> None:
    """Delete it for good, and keep the record of that. Raises Refused, also where somebody else was first.

    So it does where deleting fails: all of it is there as it was, and its log tells that.
    """
    try:
        _delete(analysis, actor)
    except DatabaseError as error:
        log.exception("Analysis %s could not be deleted.", analysis.pk)
        with in_english():
            note_on(analysis, said(str(_NOT_DELETED)), actor, cause=said(str(_FAILED)))
        Analysis.objects.filter(pk=analysis.pk).update(version=F("version") + 1)
        raise Refused(_FAILED) from error


def _delete(analysis: Analysis, actor: User) -> None:
    """In one transaction.

    Its runs are locked before itself, as every change of a run does; and itself against whoever submits it, who waits
    and then finds nothing. A run that came in between is seen once it is locked.
    """
    with transaction.atomic():
        runs = AnalysisOccurrence.objects.select_for_update(of=("self",)).filter(analysis=analysis.pk).order_by("pk")
        locked = list(runs.values_list("pk", flat=True))
        current = (
            Analysis.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=analysis.pk).first()
        )
        if current is None:
            raise Refused(_("It has been deleted already."))
        if current.occurrences.exclude(pk__in=locked).exists():
            raise Refused(_("Somebody else has just submitted it."))
        _refuse(current)
        DeletedAnalysis.objects.create(
            number=current.pk,
            name=current.name,
            owner_name=current.owner.get_username(),
            created_at=current.created_at,
            by=actor,
            by_name=actor.get_username(),
            at=timezone.now(),
            **vars(loss_of(current)),
        )
        _delete_rows(current)


def _refuse(analysis: Analysis) -> None:
    winding_down = analysis.occurrences.filter(ended_at=None).exists()
    if reason := deletion_refusal(AnalysisStatus(analysis.status), winding_down=winding_down):
        raise Refused(reason)
    tested = Retest.objects.filter(finding__analysis=analysis, ended_at=None)
    tried = SignInTest.objects.filter(analysis=analysis, ended_at=None)
    if tested.exists() or tried.exists():
        raise Refused(_("Something of it is being tested just now. Try again in a few minutes."))


def _delete_rows(analysis: Analysis) -> None:
    """The tables that grow large by one statement each, the rest with the analysis."""
    Activity.objects.filter(analysis=analysis).delete()
    of_its_scans = {"scan_occurrence__occurrence__analysis": analysis}
    for model in (FindingInstance, CrawledUrl, EngineLog, PrescanStep):
        model._default_manager.filter(**of_its_scans).delete()
    analysis.delete()

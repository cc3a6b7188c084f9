"""Tests of findings that people ask for after a run: who asked, and what came of it. What was judged stays."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from analyses.doorbell import ring
from analyses.lifecycle.english import in_english
from analyses.lifecycle.outages import outlasting_outages
from analyses.lifecycle.triaging import named
from analyses.lifecycle.writing import Refused, note_on
from analyses.models import Analysis, Finding, Retest, RetestOutcome, ScanOccurrence
from analyses.said import said as _

MOST_OPEN = 5  # of one person
LEASE = timedelta(seconds=60)  # without a sign of its worker, before that counts as lost


def ask_to_retest(finding: Finding, scan: ScanOccurrence, actor: User) -> Retest:
    """Have a worker test a finding again, where this scan saw it. Raises Refused."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # two at once make no sixth
        if Retest.objects.filter(asked_by=actor, ended_at=None).count() >= MOST_OPEN:
            raise Refused(
                format_lazy(
                    gettext_lazy("{count} tests of yours are under way. Wait for one of them."), count=MOST_OPEN
                )
            )
        try:
            with transaction.atomic():
                retest = Retest.objects.create(
                    finding=finding,
                    scan_occurrence=scan,
                    asked_by=actor,
                    asked_by_name=actor.get_username(),
                    asked_at=timezone.now(),
                )
        except IntegrityError as error:
            raise Refused(gettext_lazy("It is being tested already.")) from error
        note_on(
            finding.analysis, _("Test of a finding requested"), actor, cause=_("%(finding)s.", finding=named(finding))
        )
        _show(finding.analysis_id)
        ring("retest", retest.pk)
    return retest


def begin_retest(retest_id: int) -> bool:
    """Take one that waits; False when it is somebody else's or over."""
    waiting = Retest.objects.filter(pk=retest_id, ended_at=None, lease_until=None)
    with transaction.atomic():
        if not waiting.update(lease_until=timezone.now() + LEASE):
            return False
        _show_of(retest_id)
    return True


@outlasting_outages
def renew_retest(retest_id: int) -> bool:
    """Show that it is being carried out; False when it was given up meanwhile, or is gone with its analysis."""
    return bool(_held(retest_id).update(lease_until=timezone.now() + LEASE))


@outlasting_outages
def put_down_retest(retest_id: int) -> None:
    """Leave it to another worker, from its beginning."""
    with transaction.atomic():
        if _held(retest_id).update(lease_until=None, asked_at=timezone.now()):
            _show_of(retest_id)


@outlasting_outages
def end_retest(retest_id: int, outcome: RetestOutcome, cause: str = "") -> None:
    """Keep what came of one that is open, once."""
    with transaction.atomic():
        open_ = Retest.objects.filter(pk=retest_id, ended_at=None)
        fields = {"outcome": outcome, "cause": cause, "lease_until": None, "ended_at": timezone.now()}
        if not open_.update(**fields):
            return
        retest = Retest.objects.select_related("finding__analysis", "asked_by").get(pk=retest_id)
        finding = retest.finding
        told = _told(finding, outcome, cause)
        note_on(finding.analysis, _("Finding tested again"), retest.asked_by, cause=told)
        _show(finding.analysis_id)


def _told(finding: Finding, outcome: RetestOutcome, cause: str) -> str:
    with in_english():
        values = {"finding": named(finding), "outcome": _(str(outcome.label)), "cause": cause}
    if cause:
        return _("%(finding)s: %(outcome)s, because: %(cause)s", **values)
    return _("%(finding)s: %(outcome)s.", **values)


def _held(retest_id: int) -> QuerySet[Retest]:
    return Retest.objects.filter(pk=retest_id, ended_at=None, lease_until__isnull=False)


def _show_of(retest_id: int) -> None:
    _show(Retest.objects.values_list("finding__analysis", flat=True).get(pk=retest_id))


def _show(analysis_id: int) -> None:
    """Pages that show the analysis look again."""
    Analysis.objects.filter(pk=analysis_id).update(version=F("version") + 1)

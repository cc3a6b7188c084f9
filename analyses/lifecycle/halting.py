"""The switch that stops everything: an administrator's, for when something goes wrong that is not understood yet.

While it is on nothing begins and nothing is allowed, so that nothing connects either. Runs that wait for a later start
keep it; only when that comes while the switch is on, they are ended too.
"""

import logging

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from analyses.lifecycle.approvals import halted
from analyses.lifecycle.requests import end_at_once
from analyses.lifecycle.writing import Refused, change
from analyses.models import AnalysisOccurrence, EverythingStopped
from analyses.said import said as _
from analyses.statuses import PAUSABLE, AnalysisStatus

log = logging.getLogger(__name__)

_UNDER_WAY = PAUSABLE | {AnalysisStatus.SUBMITTED, AnalysisStatus.PRESCANNING}


def stop_everything(actor: User) -> int:
    """Switch it on and end what is under way, keeping what was found; answers how many runs. Raises Refused."""
    name = actor.get_username()
    try:
        with transaction.atomic():
            EverythingStopped.objects.create(by=actor, by_name=name, since=timezone.now())
    except IntegrityError as error:
        raise Refused(gettext_lazy("Everything is stopped already.")) from error
    log.warning("Everything was stopped by %s.", name)
    return sum(end_halted(pk) for pk in to_be_halted())


def allow_again(actor: User) -> None:
    """Switch it off. Nothing that was ended begins again by itself. Raises Refused."""
    for pk in to_be_halted():  # what has become due since the last sweep
        end_halted(pk)
    if not EverythingStopped.objects.all().delete()[0]:
        raise Refused(gettext_lazy("Nothing is stopped."))
    log.warning("What was stopped may start again, by %s.", actor.get_username())


def to_be_halted() -> list[int]:
    """While the switch is on: the runs that are under way, or would begin now."""
    if not halted():
        return []
    due = Q(status=AnalysisStatus.SCHEDULED, start_at__lte=timezone.now())
    runs = AnalysisOccurrence.objects.filter(Q(status__in=_UNDER_WAY) | due)
    return list(runs.values_list("pk", flat=True))


def end_halted(occurrence_id: int) -> bool:
    """End a run because everything is stopped; False where it has ended meanwhile, or nothing is stopped any more."""
    switch = EverythingStopped.objects.select_related("by").first()
    with change(occurrence_id, switch.by if switch else None) as opened:
        occurrence = opened.occurrence
        due = occurrence.status == AnalysisStatus.SCHEDULED and (occurrence.start_at or opened.now) <= opened.now
        if switch is None or not (due or occurrence.status in _UNDER_WAY):
            return False
        opened.note(_("Everything stopped"))
        end_at_once(opened, _("Everything was stopped by %(name)s", name=switch.by_name), keep=True)
        return True

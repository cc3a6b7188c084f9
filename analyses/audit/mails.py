"""Was everybody told, and once?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, Count, Max, Q, QuerySet, Value
from django.db.models.functions import Cast, Length, Lower, StrIndex, Substr
from django.utils import timezone

from analyses.lifecycle.announcements import LEAD_BACKEND
from analyses.models import Activity, AnalysisOccurrence
from analyses.statuses import ANALYSIS_PUBLISHED, AnalysisStatus
from notifications.models import MAX_ATTEMPTS, OPEN, InternalRecipient, MailStatus, OutgoingMail

PRESCAN = ("prescan_succeeded", "prescan_failed")
PUBLISHED = ("results_published",)
UNTRIED = timedelta(minutes=10)  # a mail that is due is tried every half minute; many at once take their time


def _about(*events: str) -> QuerySet[Any]:
    """The mails of these events, each with the run that it is about: the key is event:run:address."""
    mails = OutgoingMail.objects.order_by().filter(event__in=events)
    rest = mails.annotate(rest=Substr("key", Length("event") + 2))
    number = Substr("rest", 1, StrIndex("rest", Value(":")) - 1)
    return rest.annotate(run=Cast(number, BigIntegerField()), address=Lower("to"))


def a_prescan_is_told_once() -> Iterator[str]:
    """The end of a prescan is told in one mail, to whoever last changed the schedule or else made the analysis."""
    for row in _about(*PRESCAN).values("run").annotate(mails=Count("pk")).filter(mails__gt=1).iterator():
        yield f"the prescan of run {row['run']} was told {row['mails']} times"
    ended = Activity.objects.filter(
        old_status=AnalysisStatus.PRESCANNING.label,
        new_status__in=(AnalysisStatus.QUEUED.label, AnalysisStatus.ALL_FAILED.label),
        scan_occurrence=None,
    ).exclude(occurrence__in=_about(*PRESCAN).values("run"))
    untold = ended.select_related("occurrence__analysis__owner", "occurrence__analysis__schedule_changed_by")
    for entry in untold.iterator():
        analysis = entry.analysis
        changed_by = analysis.schedule_changed_by
        person = changed_by if changed_by and changed_by.is_active else analysis.owner
        if person.is_active and person.email.strip() and _known_since(person) <= entry.at:
            yield f"the prescan of run {entry.occurrence_id} was not told to {person.get_username()}"


def results_are_told_once() -> Iterator[str]:
    """Published results are told in one mail to each security lead and each internal recipient."""
    told = _about(*PUBLISHED)
    for row in told.values("run", "address").annotate(mails=Count("pk")).filter(mails__gt=1).iterator():
        yield f"the results of run {row['run']} were told {row['mails']} times to {row['address']}"
    published = AnalysisOccurrence.objects.filter(status__in=ANALYSIS_PUBLISHED).order_by("pk")
    for address, since in _recipients():
        theirs = told.filter(address=address.lower()).values("run")
        for pk in published.filter(ended_at__gte=since).exclude(pk__in=theirs).values_list("pk", flat=True).iterator():
            yield f"the results of run {pk} were not told to {address}"
    unpublished = AnalysisOccurrence.objects.exclude(status__in=ANALYSIS_PUBLISHED)
    for pk in unpublished.filter(pk__in=told.values("run")).values_list("pk", flat=True).iterator():
        yield f"run {pk} was told to be published, and is not"


def _recipients() -> Iterator[tuple[str, datetime]]:
    """Who is told about published results, and since when for certain."""
    leads = User.objects.with_perm("analyses.lead_security", backend=LEAD_BACKEND).filter(is_active=True)
    groups = _last_edit(Group)
    people = ((lead.email.strip(), max(_known_since(lead), groups)) for lead in leads.iterator())
    since = _last_edit(InternalRecipient)
    others = InternalRecipient.objects.filter(active=True).values_list("address", flat=True)
    yield from ((address, moment) for address, moment in chain(people, ((a, since) for a in others)) if address)


def _known_since(person: User) -> datetime:
    """Since when somebody has been as they are now: before that they may have had no address, or no permission."""
    return max(person.date_joined, _last_edit(User, person.pk))


def _last_edit(model: type, pk: int | None = None) -> datetime:
    """When administrators last edited such an object, or this one."""
    edits = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
    which = Q(object_id=str(pk)) if pk else Q()
    return edits.filter(which).aggregate(last=Max("action_time"))["last"] or datetime.fromtimestamp(0, UTC)


def mails_follow_their_retry_plan() -> Iterator[str]:
    """A mail is sent, has failed and says why, or is tried again when its retry plan has it."""
    mails = OutgoingMail.objects.order_by()
    late = Q(next_try_at__lt=timezone.now() - UNTRIED)
    for pk, status in mails.filter(late, status__in=OPEN).values_list("pk", "status").iterator():
        yield f"mail {pk} is {MailStatus(status).label.lower()} and was to be tried more than 10 minutes ago"
    spent = mails.filter(status=MailStatus.QUEUED, attempts__gte=MAX_ATTEMPTS)
    for pk in spent.values_list("pk", flat=True).iterator():
        yield f"mail {pk} is queued, and all its attempts are spent"
    for pk in mails.filter(status=MailStatus.FAILED, last_error="").values_list("pk", flat=True).iterator():
        yield f"mail {pk} failed and does not say why"
    for pk in mails.filter(status=MailStatus.SENT, sent_at=None).values_list("pk", flat=True).iterator():
        yield f"mail {pk} is sent and does not say when"

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

from analyses.lifecycle.announcements import LEAD_BACKEND, in_charge
from analyses.lifecycle.flapping import KEY as FLAPPING
from analyses.models import Activity, AnalysisOccurrence
from analyses.statuses import ANALYSIS_PUBLISHED, AnalysisStatus, analysis_in, logged
from analyses.statuses import Group as Stage
from notifications.models import (
    MAX_ATTEMPTS,
    OPEN,
    AttemptedQuerySet,
    HookMessage,
    InternalRecipient,
    MailStatus,
    OutgoingMail,
)

PRESCAN = ("prescan_succeeded", "prescan_failed")
PUBLISHED = ("results_published",)
ANALYSIS_VERIFYING = analysis_in(Stage.VERIFYING)
UNTRIED = timedelta(minutes=10)  # a mail that is due is tried every half minute; many at once take their time


def _about(*events: str) -> QuerySet[Any]:
    """The mails of these events, each with the run that it is about: the key is event:run:address."""
    mails = OutgoingMail.objects.order_by().filter(event__in=events)
    rest = mails.annotate(rest=Substr("key", Length("event") + 2))
    number = Substr("rest", 1, StrIndex("rest", Value(":")) - 1)
    return rest.annotate(run=Cast(number, BigIntegerField()), address=Lower("to"))


def a_prescan_is_told_once() -> Iterator[str]:
    """The end of a prescan is told an address once: that of whoever is in charge. Where it flaps, its log says so."""
    doubled = _about(*PRESCAN).values("run", "address").annotate(mails=Count("pk")).filter(mails__gt=1)
    for row in doubled.iterator():
        yield f"the prescan of run {row['run']} was told {row['mails']} times to {row['address']}"
    ends = (AnalysisStatus.QUEUED, AnalysisStatus.ALL_FAILED, AnalysisStatus.TECHNICAL_ISSUE)
    prescanned_only = Q(new_status=logged(AnalysisStatus.STOPPED), occurrence__prescan_only=True, actor=None)
    ended = Activity.objects.filter(
        Q(new_status__in=[logged(status) for status in ends]) | prescanned_only,
        old_status=logged(AnalysisStatus.PRESCANNING),
        scan_occurrence=None,
    ).exclude(occurrence__in=_about(*PRESCAN).values("run"))
    ended = ended.exclude(occurrence__in=Activity.objects.filter(key=FLAPPING).values("occurrence"))
    untold = ended.select_related("analysis__owner", "analysis__schedule_changed_by")
    for entry in untold.iterator():
        person = in_charge(entry.analysis)
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


def reviewers_are_told() -> Iterator[str]:
    """Results that wait for a review are told to each security lead."""
    reviewed = AnalysisOccurrence.objects.filter(hold_results=True, status__in=ANALYSIS_VERIFYING).order_by("pk")
    for run in reviewed.annotate(since=Max("scans__ended_at")).iterator():
        told = set(_about("results_held").filter(run=run.pk).values_list("address", flat=True))
        for address, known in _leads() if run.is_held else ():
            if address and known <= run.since and address.lower() not in told:
                yield f"the results of run {run.pk} wait for a review, and {address} was not told"


def _recipients() -> Iterator[tuple[str, datetime]]:
    """Who is told about published results, and since when for certain."""
    since = _last_edit(InternalRecipient)
    others = InternalRecipient.objects.filter(active=True).values_list("address", flat=True)
    yield from ((address, moment) for address, moment in chain(_leads(), ((a, since) for a in others)) if address)


def _leads() -> Iterator[tuple[str, datetime]]:
    leads = User.objects.with_perm("analyses.lead_security", backend=LEAD_BACKEND).filter(is_active=True)
    groups = _last_edit(Group)
    yield from ((lead.email.strip(), max(_known_since(lead), groups)) for lead in leads.iterator())


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
    yield from _retried(OutgoingMail.objects.order_by(), "mail")


def hooks_are_told_by_their_retry_plan() -> Iterator[str]:
    """A message to a hook is sent, has failed and says why, or is tried again when its retry plan has it."""
    yield from _retried(HookMessage.objects.order_by(), "message to a hook")


def what_is_held_comes_in_a_daily_mail() -> Iterator[str]:
    """A mail that is held goes out with its reader's next daily mail, and one that has is named by it."""
    held = OutgoingMail.objects.to_gather().order_by()
    for pk in held.filter(next_try_at__lt=timezone.now() - UNTRIED).values_list("pk", flat=True).iterator():
        yield f"mail {pk} is held, and its daily mail was due more than 10 minutes ago"
    lost = OutgoingMail.objects.order_by().filter(status=MailStatus.GATHERED, digest=None)
    for pk in lost.values_list("pk", flat=True).iterator():
        yield f"mail {pk} is said to be in a daily mail, and there is none"


def _retried(rows: AttemptedQuerySet[Any], name: str) -> Iterator[str]:
    late = Q(next_try_at__lt=timezone.now() - UNTRIED)
    for pk, status in rows.filter(late, status__in=OPEN).values_list("pk", "status").iterator():
        yield f"{name} {pk} is {MailStatus(status).label.lower()} and was to be tried more than 10 minutes ago"
    spent = rows.filter(status=MailStatus.QUEUED, attempts__gte=MAX_ATTEMPTS)
    for pk in spent.values_list("pk", flat=True).iterator():
        yield f"{name} {pk} is queued, and all its attempts are spent"
    for pk in rows.filter(status=MailStatus.FAILED, last_error="").values_list("pk", flat=True).iterator():
        yield f"{name} {pk} failed and does not say why"
    for pk in rows.filter(status=MailStatus.SENT, sent_at=None).values_list("pk", flat=True).iterator():
        yield f"{name} {pk} is sent and does not say when"

"""What readers want: asked when a mail is written, and changed by themselves."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from dashboard.accounts import languages, zones
from notifications import kinds
from notifications.models import (
    SENDABLE,
    TO_GATHER,
    Choice,
    DigestTime,
    MailStatus,
    OutgoingMail,
    OutgoingMailQuerySet,
    Preference,
    Unsubscribed,
)


@dataclass(frozen=True)
class DailyTime:
    """When somebody's daily mail comes: a full hour on the clocks of a zone."""

    hour: int = 8
    zone: tzinfo = UTC


DEFAULT = DailyTime()


@dataclass(frozen=True)
class Way:
    """What becomes of a mail: its first status, and when it goes out."""

    status: MailStatus
    at: datetime


def ways(event: str, recipients: Mapping[str, User | None]) -> dict[str, Way]:
    """What becomes of an event's mail to each address. A few queries, however many there are.

    Whoever has been told MAILS_PER_HOUR times in this hour is told of the rest in one mail, when the hour is over.
    """
    now = timezone.now()
    found = dict.fromkeys(recipients, Way(MailStatus.QUEUED, now))
    if not kinds.is_optional(event):
        return found
    users = {user.pk for user in recipients.values() if user}
    choices = dict(Preference.objects.filter(event=event, user__in=users).values_list("user", "choice"))
    times = _daily_times([pk for pk, choice in choices.items() if choice == Choice.DAILY])
    capped = _told_enough(users, now)
    away = _unsubscribed(event, [address for address, user in recipients.items() if user is None])
    for address, user in recipients.items():
        choice = choices.get(user.pk) if user else None
        if choice == Choice.NONE or address.lower() in away:
            found[address] = Way(MailStatus.UNWANTED, now)
        elif choice == Choice.DAILY and user:
            found[address] = Way(MailStatus.HELD, next_digest(now, times.get(user.pk, DEFAULT)))
        elif user and user.pk in capped:
            found[address] = Way(MailStatus.CAPPED, next_hour(now))
    return found


def _told_enough(users: Collection[int], now: datetime) -> set[int]:
    """Those among these people to whom as many mails went in this hour as may."""
    if not settings.MAILS_PER_HOUR or not users:
        return set()
    hour = next_hour(now) - timedelta(hours=1)
    told = OutgoingMail.objects.filter(user__in=users, created_at__gte=hour, status__in=SENDABLE)
    numbers = told.exclude(event__in=kinds.MADE_OF_OTHERS).order_by().values("user").annotate(number=Count("pk"))
    return set(numbers.filter(number__gte=settings.MAILS_PER_HOUR).values_list("user", flat=True))


def next_hour(now: datetime) -> datetime:
    """When the hour is over, on the clocks of UTC."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _daily_times(users: Collection[int]) -> dict[int, DailyTime]:
    """When the daily mails of these people come, of those who chose an hour or a zone."""
    if not users:
        return {}
    hours = dict(DigestTime.objects.filter(user__in=users).values_list("user", "hour"))
    chosen = zones_of(users)
    return {pk: DailyTime(hours.get(pk, DEFAULT.hour), chosen.get(pk, UTC)) for pk in {*hours, *chosen}}


def zones_of(users: Collection[int]) -> dict[int, ZoneInfo]:
    """In which zone these people read times in mails: that of their account, where they chose one known here."""
    chosen = zones.CHOSEN.by(users).items()
    return {pk: ZoneInfo(zone) for pk, zone in chosen if zone in zones.KNOWN_ZONES}


def languages_of(users: Collection[int]) -> dict[int, str]:
    """In which language these people read mails, where they chose one that is spoken here."""
    return {pk: language for pk, language in languages.CHOSEN.by(users).items() if language in languages.OFFERED}


def _unsubscribed(event: str, addresses: Iterable[str]) -> set[str]:
    asked = {address.lower() for address in addresses}
    rows = Unsubscribed.objects.filter(event=event, address__in=asked)
    return set(rows.values_list("address", flat=True)) if asked else set()


def next_digest(now: datetime, wanted: DailyTime) -> datetime:
    """When the next daily mail goes out after `now`. An hour that clocks leave out stands for the one after it."""
    day = now.astimezone(wanted.zone).date()
    while (moment := datetime.combine(day, time(wanted.hour), wanted.zone).astimezone(UTC)) <= now:
        day += timedelta(days=1)
    return moment


def daily_time_of(user: User) -> DailyTime:
    """When this person's daily mail comes, or would come."""
    return _daily_times([user.pk]).get(user.pk, DEFAULT)


def choices_of(user: User) -> dict[str, Choice]:
    """This person's choice of every kind that is optional."""
    stored = dict(Preference.objects.filter(user=user.pk).values_list("event", "choice"))
    return {kind.event: Choice(stored.get(kind.event, Choice.AT_ONCE)) for kind in kinds.OPTIONAL}


def choose(user: User, choices: Mapping[str, Choice]) -> None:
    """Keep a person's choices. What has not left yet and is no longer wanted stays here.

    Mails that are held already come with the next daily mail, also when their kind is to come at once from now on.
    """
    with transaction.atomic():
        for event, choice in choices.items():
            if kinds.is_optional(event) and event != kinds.DIGEST:
                Preference.objects.update_or_create(user=user, event=event, defaults={"choice": choice})
        unwanted = [event for event, choice in choices.items() if choice == Choice.NONE and kinds.is_optional(event)]
        _keep_back(OutgoingMail.objects.filter(user=user.pk, event__in=unwanted))


def choose_digest_hour(user: User, hour: int) -> None:
    """Keep at which hour a person's daily mail comes; what is held for it comes then."""
    with transaction.atomic():
        DigestTime.objects.update_or_create(user=user, defaults={"hour": hour})
        held = OutgoingMail.objects.held().filter(user=user.pk)
        held.update(next_try_at=next_digest(timezone.now(), daily_time_of(user)))


def unsubscribe_address(address: str, event: str) -> None:
    """Have an address without an account told no more of this kind."""
    with transaction.atomic():
        Unsubscribed.objects.get_or_create(address=address.lower(), event=event)
        alike = OutgoingMail.objects.filter(user=None, to__iexact=address, event=event).values_list("pk", "to")
        # Databases find more alike than the same but for capitals.
        _keep_back(OutgoingMail.objects.filter(pk__in=[pk for pk, to in alike if to.lower() == address.lower()]))


def subscribe_address(address: str, event: str) -> None:
    """Undo it."""
    Unsubscribed.objects.filter(address=address.lower(), event=event).delete()


def is_unsubscribed(address: str, event: str) -> bool:
    return bool(_unsubscribed(event, [address]))


def _keep_back(mails: OutgoingMailQuerySet) -> None:
    waiting = mails.filter(status__in=(MailStatus.QUEUED, *TO_GATHER))
    waiting.update(status=MailStatus.UNWANTED, next_try_at=timezone.now())

"""What became of the mails and the messages to web hooks that tell of a run: entries of its log, each written once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from analyses.lifecycle.english import in_english
from analyses.lifecycle.times_in_words import in_utc
from analyses.models import Activity, Analysis, AnalysisOccurrence
from analyses.said import Count
from analyses.said import said as _
from notifications import kinds, outcomes
from notifications.models import Attempted, HookMessage, MailStatus, OutgoingMail

KEY = "notice:"  # the keys of these entries begin with it
_ACTIONS = {
    (OutgoingMail, MailStatus.SENT): _("Mail sent"),
    (OutgoingMail, MailStatus.FAILED): _("Mail failed"),
    (OutgoingMail, MailStatus.HELD): _("Mail held back"),
    (OutgoingMail, MailStatus.CAPPED): _("Mail held back"),
    (HookMessage, MailStatus.SENT): _("Web hook told"),
    (HookMessage, MailStatus.FAILED): _("Web hook failed"),
}


def connect() -> None:
    """Have the logs told from now on."""
    outcomes.ended.connect(_note_ended, dispatch_uid="analyses.lifecycle.notices")


def _note_ended(sender: type[Attempted], rows: list[int], **_signal: Any) -> None:
    """Those that tell of a run that is still there. The runs are locked, as by every other entry of their logs."""
    told = {mail: run for mail in _told_with(sender, rows) if (run := run_of(mail))}
    runs = AnalysisOccurrence.objects.select_for_update(no_key=True, of=("self",))
    runs = runs.select_related("analysis").filter(pk__in=told.values()).order_by("pk")
    kept = {run.pk: run for run in runs}
    entries = [entry_of(row, kept[run], timezone.now()) for row, run in told.items() if run in kept]
    if entries:
        Activity.objects.bulk_create(entries, ignore_conflicts=True)
        analyses = {entry.analysis_id for entry in entries}
        Analysis.objects.filter(pk__in=analyses).update(version=F("version") + 1, changed_at=timezone.now())


def _told_with(sender: type[Attempted], rows: list[int]) -> Iterable[Attempted]:
    """These rows; of mails that tell of several the mails that they tell of."""
    if sender is HookMessage:
        return HookMessage.objects.filter(pk__in=rows).select_related("hook")
    mails = OutgoingMail.objects.filter(Q(pk__in=rows) | Q(digest__in=rows))
    return mails.defer("text", "html").select_related("user", "digest").order_by("pk")


def run_of(row: Attempted) -> int | None:
    """The run that a mail or message tells of, by its key, event:run:recipient; None for those that tell of none."""
    assert isinstance(row, OutgoingMail | HookMessage)  # noqa: S101 - there are no others
    number = row.key.split(":")[1]
    return int(number) if row.event in kinds.BY_EVENT and number.isdecimal() else None


@in_english()
def entry_of(row: Attempted, run: AnalysisOccurrence, now: datetime) -> Activity:
    """What the run's log says of it: what was told, whom, and what became of it."""
    assert isinstance(row, OutgoingMail | HookMessage)  # noqa: S101 - there are no others
    sent = row.digest if isinstance(row, OutgoingMail) and row.digest else row
    status = MailStatus(sent.status)
    return Activity(
        analysis_id=run.analysis_id,
        occurrence=run,
        action=_ACTIONS[type(row), status],
        cause=_cause(row, sent, status),
        target=_whom(row, run),
        key=f"{KEY}{type(row).__name__}:{row.pk}:{status}:{sent.claimed_at if status == MailStatus.FAILED else ''}",
        at=now,
    )


def _cause(row: OutgoingMail | HookMessage, sent: OutgoingMail | HookMessage, status: MailStatus) -> str:
    """What it was, and what became of it; `sent` is what went out, which may have told of several."""
    told = {"event": _(kinds.label_of(row.event))}
    what = _("“%(event)s”", **told) if sent is row else _("“%(event)s”, in a mail that tells of several", **told)
    if status == MailStatus.SENT:
        return _("%(mail)s.", mail=what)
    if status == MailStatus.FAILED:
        place = _("Messages to hooks") if isinstance(sent, HookMessage) else _("Outgoing mails")
        given_up = {"mail": what, "attempt": sent.attempts, "place": place}
        return _("%(mail)s: given up at attempt %(attempt)s. Administrators read why under %(place)s.", **given_up)
    values: dict[str, Any] = {"mail": what, "moment": in_utc(sent.next_try_at, weekday=True)}
    if status == MailStatus.HELD:
        return _("%(mail)s: it comes with the daily mail, %(moment)s.", **values)
    values["number"] = Count(settings.MAILS_PER_HOUR)
    return _("%(mail)s: after %(number)s in this hour it comes in one with the others, %(moment)s.", **values)


def _whom(row: OutgoingMail | HookMessage, run: AnalysisOccurrence) -> str:
    """As whoever sees the analysis may read it: its own recipients stand in its configuration, internal ones do not."""
    if isinstance(row, HookMessage):
        name = row.hook.name
    elif row.user:
        name = row.user.get_username()
    elif row.to.lower() in run.analysis.recipients.lower().split():
        name = row.to
    else:
        return _("to an internal recipient")
    return _("to %(name)s", name=name)

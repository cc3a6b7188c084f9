"""Sending mails: claimed by a guarded update, sent outside any transaction, tried again, given up visibly.

SMTP cannot promise "exactly once": a worker that dies between the server's yes and our note of it leaves a mail that
is sent again. Both copies carry the same Message-ID, by which mail programs recognise the double.
"""

import smtplib
from enum import Enum, auto
from time import monotonic

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from notifications import attempts, identity, refusals, unsubscribing
from notifications.models import OutgoingMail

PASS_SECONDS = 25  # the beat rings every 30, so passes do not pile up


class Outcome(Enum):
    NOT_DUE = auto()
    SENT = auto()
    REFUSED = auto()  # this mail was not taken
    NO_SERVER = auto()  # the server could not be spoken with, about this mail or any other


def deliver(mail_id: int) -> Outcome:
    """Send the mail if it is due and nobody else is sending it."""
    mail = _claim(mail_id)
    if mail is None:
        return Outcome.NOT_DUE
    if refusals.is_blocked(mail.to):
        attempts.keep_failure(mail, refusals.WHY, for_good=True)
        return Outcome.REFUSED
    try:
        _message(mail).send()
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors; ValueError: no mail can be made of it
        _keep_failure(mail, error)
        return Outcome.REFUSED if _is_about_this_mail(error) else Outcome.NO_SERVER
    attempts.keep_success(mail)
    refusals.forget(mail.to)
    return Outcome.SENT


def deliver_due() -> int:
    """Send what is due, for as long as the server takes mails and PASS_SECONDS last; return how many were sent."""
    attempts.give_up_abandoned(OutgoingMail.objects.all())
    sent, end = 0, monotonic() + PASS_SECONDS
    due = OutgoingMail.objects.due(timezone.now()).order_by("next_try_at")
    for mail_id in list(due.values_list("pk", flat=True)):
        outcome = deliver(mail_id)
        sent += outcome is Outcome.SENT
        if outcome is Outcome.NO_SERVER or monotonic() > end:
            break
    return sent


def _claim(mail_id: int) -> OutgoingMail | None:
    """Take the mail for this worker, or return None when it is not due or another one has it."""
    return attempts.claim(OutgoingMail.objects.all(), mail_id)


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        to=[mail.to],
        headers={
            **identity.headers(),
            **unsubscribing.headers_for(mail.event, mail.to, mail.user_id),
            **identity.thread_headers(mail.thread),
            "Message-ID": mail.message_id,
        },
    )
    message.attach_alternative(mail.html, "text/html")
    return message


def _keep_failure(mail: OutgoingMail, error: Exception) -> None:
    attempts.keep_failure(mail, _said(error), for_good=_is_for_good(error))
    if isinstance(error, smtplib.SMTPRecipientsRefused) and _is_for_good(error):
        refusals.count(mail.to, _said(error))


def _is_about_this_mail(error: Exception) -> bool:
    return isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError | ValueError)


def _is_for_good(error: Exception) -> bool:
    """Tell whether this mail can never be sent: the server says so (5xx), or it is no mail (ValueError)."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(code >= 500 for code, _said in error.recipients.values())
        case smtplib.SMTPDataError():
            return error.smtp_code >= 500
        case _:
            return isinstance(error, ValueError)


def _said(error: Exception) -> str:
    """What the server answered, as a person reads it."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return _answer(*next(iter(error.recipients.values())))
        case smtplib.SMTPResponseException():
            return _answer(error.smtp_code, error.smtp_error)
        case _:
            return str(error) or type(error).__name__


def _answer(code: int, words: bytes | str) -> str:
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"

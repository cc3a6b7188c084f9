"""Sending mails: claimed by a guarded update, sent outside any transaction, tried again, given up visibly.

SMTP cannot promise "exactly once": a worker that dies between the server's yes and our note of it leaves a mail that
is sent again. Both copies carry the same Message-ID, by which mail programs recognise the double.
"""

import logging
import smtplib
from datetime import timedelta
from enum import Enum, auto
from time import monotonic

from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.utils import timezone

from notifications.models import MAX_ATTEMPTS, MailStatus, OutgoingMail
from notifications.outbox import site_host

log = logging.getLogger(__name__)

# The waits between two attempts: about 41 hours in all, a weekend's worth of a broken mail server.
WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440)]
STUCK_AFTER = timedelta(minutes=5)  # whoever sends this long is dead
PASS_SECONDS = 25  # the beat rings every 30: passes do not pile up
ERROR_LENGTH = 500


class Outcome(Enum):
    NOT_DUE = auto()
    SENT = auto()
    REFUSED = auto()  # the server said no to this mail, for now or for good
    NO_SERVER = auto()  # the server could not be talked to: it would not take another mail either

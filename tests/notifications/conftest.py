"""A mail server on this machine, and the words the tests tell of mails with."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from notifications import outbox
from notifications.models import OutgoingMail
from tests.notifications.receiver import Receiver

PRESCAN = {
    "analysis_name": "Shop",
    "path": "/analyses/7/",
    "occurrence_number": 1,
    "scan_count": 1,
    "failed_count": 1,
    "passed_count": 0,
    "scans": [
        {
            "url": "https://shop.example.test/",
            "status": "Connection Error",
            "cause": "The connection was refused.",
            "advice": "Check the address.",
        }
    ],
}


class Sink(Controller):
    """Keeps the mails it takes. `recipient_answers` and `content_answers` are given first, one at a time."""

    def __init__(self):
        super().__init__(self, hostname="127.0.0.1", port=0)
        self.mails: list[EmailMessage] = []
        self.recipient_answers: list[str] = []
        self.content_answers: list[str] = []

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.recipient_answers:
            return self.recipient_answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        if self.content_answers:
            return self.content_answers.pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def sink(settings):
    """The mail server the product is configured to send through."""
    sink = Sink()
    sink.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = sink.hostname, sink.port, 5
    yield sink
    sink.stop()


@pytest.fixture
def receiver(settings):
    """A chat server to which web hooks may go."""
    receiver = Receiver()
    settings.HOOK_HOSTS = [receiver.host]
    settings.SITE_URL = "https://vedette.example.test"
    yield receiver
    receiver.close()


def tell(*users: User, about: str = "1", event: str = "prescan_failed", addresses=(), **facts) -> int:
    """Enqueue a mail in a transaction of its own."""
    with transaction.atomic():
        return outbox.enqueue(event, about, users=users, addresses=addresses, context={**PRESCAN, **facts})


def the_mail() -> OutgoingMail:
    """The only mail there is, as it is stored now."""
    return OutgoingMail.objects.get()


def make_due() -> None:
    """Let the wait for the next attempt pass."""
    OutgoingMail.objects.update(next_try_at=timezone.now())

"""A mail server on this machine that misbehaves when told to, and remembers what it has taken."""

import asyncio
import logging
import threading
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

logging.getLogger("mail.log").setLevel(logging.WARNING)  # of aiosmtpd: every line of every conversation
POLITE = "250 OK"
# Manner: what a mail meets. `dropped` takes the mail and hangs up before it says so.
MANNERS = ("slow", "busy", "later", "refused", "dropped", "hung up")
_ANSWERS = {"busy": "421 Too busy", "later": "451 Try again later", "refused": "550 No such person"}
SLOW_SECONDS = 3


@dataclass(frozen=True)
class Taken:
    message_id: str
    to: str
    subject: str


class MailServer(Controller):
    """Takes mails. The manners in `manners` are met by the next mails, one each."""

    def __init__(self) -> None:
        super().__init__(self, hostname="127.0.0.1", port=0)
        self.taken: list[Taken] = []
        self.manners: list[str] = []
        self.met: Counter[str] = Counter()
        self._lock = threading.Lock()

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    @property
    def address(self) -> str:
        """For EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    def be_polite(self) -> None:
        """Take everything from now on."""
        self.manners.clear()

    async def handle_RCPT(self, server, _session, envelope, address, _options):  # noqa: N802
        envelope.manner = self._next_manner()
        if envelope.manner == "hung up":
            server.transport.abort()
        if envelope.manner == "refused":
            return _ANSWERS["refused"]
        envelope.rcpt_tos.append(address)
        return POLITE

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        if envelope.manner in _ANSWERS:
            return _ANSWERS[envelope.manner]
        if envelope.manner == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append(Taken(str(mail["Message-ID"]), envelope.rcpt_tos[0], str(mail["Subject"])))
        if envelope.manner == "dropped":
            server.transport.abort()
        return POLITE

    def _next_manner(self) -> str:
        with self._lock:
            if not self.manners:
                return "polite"
            manner = self.manners.pop(0)
            self.met[manner] += 1
            return manner

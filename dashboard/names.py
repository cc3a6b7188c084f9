"""Looking host names up, within a time: the system's resolver knows no limit of its own."""

import socket
import threading
from typing import Any


class NoAddress(Exception):
    """The name leads nowhere. `error` is the resolver's own; None when it gave no answer in time."""

    def __init__(self, error: Exception | None):
        super().__init__("The name could not be looked up")
        self.error = error


def addresses_of(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """The IP addresses of a host, each once, in the resolver's order. Raises NoAddress.

    A thread waits for the resolver, and is left behind when it takes longer than `seconds`.
    """
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise NoAddress(None)
    if isinstance(answers[0], Exception):
        raise NoAddress(answers[0]) from answers[0]
    if not answers[0]:
        raise NoAddress(socket.gaierror(socket.EAI_NONAME, "No address"))
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in answers[0]))

"""Work that may take longer than a lease, such as signing in by a script: a thread does it, the lease is renewed."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from dashboard.shutdown import give_way

BEAT_SECONDS = 2.0
Answer = TypeVar("Answer")


def while_beating(beat: Callable[[], object], work: Callable[[], Answer]) -> Answer:
    """Do something that touches no database, and renew the lease by `beat` until it is done; answers what it answers.

    Raises what either raises, and Suspended. Work that nobody waits for any more is bounded by itself.
    """
    outcome: Future[Answer] = Future()

    def do() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=do, name="meanwhile", daemon=True).start()
    while not wait([outcome], timeout=BEAT_SECONDS).done:
        beat()
        give_way()
    return outcome.result()

"""Tells long work in this process that the process has been asked to end."""

import threading

# Set once, by the worker's first SIGTERM (dashboard.celery). Whoever works for long looks at it or waits on it,
# puts its work down so that another process can go on with it, and returns within seconds.
stopping = threading.Event()


class Suspended(Exception):
    """This process is being ended: put the work down, it is gone on with later."""


def give_way() -> None:
    """Raise Suspended when this process has been asked to end."""
    if stopping.is_set():
        raise Suspended

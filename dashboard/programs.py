"""The programs Vedette consists of, and the order in which they end; docs/operations.md runs them singly."""

import sys
from functools import partial

from django.conf import settings

from dashboard import broker as embedded
from dashboard.supervisor import Program

# What rings before what is rung, and the broker last, so that everything said on the way down is heard.
STOP_ORDER = (("beat", "web"), ("worker", "scanner"), ("shop",), ("broker",))
WEB_STOP_SECONDS = 10
WORK_STOP_SECONDS = 25
QUEUES = ("default", "scans")
STEP_THREADS = 4  # short steps and mails at the same time


def broker() -> Program:
    # The warning asks root for a kernel setting that matters to gigabytes of data; these are kilobytes.
    return Program("broker", embedded.command(), stop_seconds=10, unheard="WARNING Memory overcommit")


def web(socket: int, processes: int) -> Program:
    """The pages, on an open listening socket: nobody is turned away while the program is started again."""
    options = {
        "bind": f"fd://{socket}",
        "workers": str(processes),
        "worker-class": "gthread",
        "threads": "4",
        "graceful-timeout": str(WEB_STOP_SECONDS),
        "log-level": "warning",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    return Program(
        "web",
        [sys.executable, "-m", "gunicorn", "--preload", "--no-control-socket", *words, "dashboard.wsgi"],
        stop_seconds=WEB_STOP_SECONDS + 3,
        files=(socket,),
    )


def worker() -> Program:
    """Takes short steps: prescans, the sweep, mails."""
    return _celery_worker("worker", "default", STEP_THREADS)


def scanner() -> Program:
    """Drives scans, each for hours if need be, and tests findings again, in a thread of their own.

    It takes a message only when it has a thread for it.
    """
    return _celery_worker("scanner", "scans", settings.SCAN_CAPACITY + 1, "--disable-prefetch")


def _celery_worker(name: str, queue: str, threads: int, *options: str) -> Program:
    words = ["-n", f"{name}@%h", "-Q", queue, "-P", "threads", "-c", str(threads), "-l", settings.LOG_LEVEL]
    return Program(
        name,
        [*_CELERY, "worker", *words, "--without-gossip", "--without-mingle", *options],
        stop_seconds=WORK_STOP_SECONDS,
        before_restart=None if settings.REDIS_URL else partial(embedded.restore_unacked, queue),
    )


def beat() -> Program:
    """Rings what is due: the sweep, and mails to send."""
    return Program("beat", [*_CELERY, "beat", "--pidfile=", "-l", settings.LOG_LEVEL], stop_seconds=5)


def shop(port: int) -> Program:
    """The deliberately vulnerable demo shop, for this machine only."""
    return Program("shop", [sys.executable, "manage.py", "demo_shop", "--port", str(port)], stop_seconds=5)


# Its 12-line warning about running as root, twice; `manage.py run` says it once, in one line.
_NO_ROOT_WARNING = ["-W", "ignore:You're running the worker with superuser privileges"]
_CELERY = [sys.executable, *_NO_ROOT_WARNING, "-m", "celery", "--quiet", "-A", "dashboard"]

"""Following a scan engine: its events, its processes."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from analyses.engines.contract import Ended, Event, Found, FoundFlaw, Progress, Run

PATIENCE = 30.0  # seconds


def all_of(run: Run) -> list[Event]:
    """Everything a run has to tell."""
    try:
        return list(run.events())
    finally:
        run.end()


def told_until(run: Run, holds: Callable[[], object]) -> list[Event]:
    """What a run tells; once a condition holds after an event, it is ended."""
    told = []
    for event in run.events():
        told.append(event)
        if holds():
            run.end()
    return told


def ended(events: Iterable[Event]) -> Ended:
    """How a run ended, which it says last and once."""
    told = list(events)
    assert [isinstance(event, Ended) for event in told].index(True) == len(told) - 1
    return told[-1]


def flaws(events: Iterable[Event]) -> list[FoundFlaw]:
    return [event.flaw for event in events if isinstance(event, Found)]


def names(found: Iterable[FoundFlaw]) -> set[tuple[str, str, str]]:
    """What was found, with which parameter, on which path."""
    return {(flaw.category, flaw.parameter, "/" + flaw.url.split("?")[0].split("/", 3)[3]) for flaw in found}


def progress(events: Iterable[Event]) -> list[Progress]:
    return [event for event in events if isinstance(event, Progress)]


def members(group: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, of_group = place.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(of_group) == group and state != "Z":
            found.append(int(place.parent.name))
    return found


def of_folder(workdir: Path) -> list[int]:
    """The living processes of the run that has this folder, whatever session or group they are in."""
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            environment = place.read_bytes().split(b"\0")
        except OSError:
            continue
        if f"HOME={workdir}".encode() in environment:
            found.append(int(place.parent.name))
    return found


class Memory:
    """How much of the machine's memory this process takes, watched while the block runs."""

    def __enter__(self) -> "Memory":
        self._over = threading.Event()
        self._seen = [_megabytes()]
        self._watching = threading.Thread(target=self._watch)
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self._seen.append(_megabytes())

    @property
    def growth(self) -> int:
        """At its highest, in MB."""
        return max(self._seen) - self._seen[0]


def _megabytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def engine_process(group: int) -> int:
    """The process of a group that is Wapiti, and not the small one that watches it."""
    wait_until(lambda: len(members(group)) == 2, PATIENCE)
    return next(pid for pid in members(group) if pid != group)


def wait_until(holds: Callable[[], object], seconds: float) -> bool:
    """Wait for a condition; tell whether it held in time."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def kill(group: int) -> None:
    os.killpg(group, signal.SIGKILL)

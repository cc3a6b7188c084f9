"""Runs programs side by side: starts again what ends by itself, ends everything in order when asked to.

On Linux nothing is ever left behind. A program is told to end when the supervisor is gone, however it went
(dashboard/leash.py), and what loses its parent inside the tree is handed to the supervisor, which ends it.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from dashboard import console

LEASH = str(Path(__file__).with_name("leash.py"))
PR_SET_CHILD_SUBREAPER = 36
TICK_SECONDS = 0.1
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 15.0
HEALTHY_SECONDS = 60  # after this long, an end is a new trouble and not the old one again
# A signal to the whole process group arrives twice where `make` passes it on: that is one wish, not two.
SECOND_WISH_SECONDS = 1.0


class NotStarted(Exception):
    """The tree cannot be started; the message is one line for people."""


class AskedToStop(Exception):
    """Somebody asked to stop while something was being waited for."""


@dataclass(frozen=True)
class Program:
    """One program of the tree. `stop_seconds` is how long it may take to end when asked to, before it is killed."""

    name: str
    command: Sequence[str]
    stop_seconds: float
    files: tuple[int, ...] = ()  # descriptors it inherits
    before_restart: Callable[[], object] | None = None
    unheard: str = ""  # lines with this in them are not passed on


class _Running:
    """A program with its present process, and with its past failures."""

    def __init__(self, program: Program):
        self.program = program
        self.process: subprocess.Popen[bytes]
        self.started = 0.0
        self.failures = 0
        self.start_again: float | None = None

    def note_end(self) -> float:
        """Remember that the process ended by itself, and return the seconds until it is started again."""
        self.failures = 0 if time.monotonic() - self.started > HEALTHY_SECONDS else self.failures + 1
        pause = min(FIRST_PAUSE_SECONDS * 2**self.failures, LONGEST_PAUSE_SECONDS)
        self.start_again = time.monotonic() + pause
        return pause

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Supervisor:
    """Runs programs. To be used from the main thread only: a leash ends with the thread that made it."""

    def __init__(self, folder: Path, environment: Mapping[str, str], files: tuple[int, ...] = ()):
        """Programs run in `folder` with this environment, and inherit the descriptors in `files`."""
        self._folder = folder
        self._environment = environment
        self._files = files
        self._running: dict[str, _Running] = {}
        self._asked: float | None = None
        self._at_once = False

    def take_charge(self) -> None:
        """Take the signals that ask to stop, and the processes whose parent dies."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                signal.signal(number, self._note_wish)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def _note_wish(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked is None:
            self._asked = now
        elif now - self._asked > SECOND_WISH_SECONDS:
            self._at_once = True

    def start(self, program: Program) -> None:
        """Start a program, and keep it running from now on."""
        running = self._running.setdefault(program.name, _Running(program))
        running.start_again = None
        running.started = time.monotonic()
        running.process = subprocess.Popen(
            [sys.executable, "-I", "-S", LEASH, str(os.getpid()), *program.command],
            cwd=self._folder,
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self._files + program.files,
        )
        assert running.process.stdout  # noqa: S101 - it is a pipe
        console.follow(program.name, running.process.stdout, program.unheard)

    def wait_until(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for `what` to be ready. Raises NotStarted when it is not in time or a program ends instead."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.give_way()
            for name, running in self._running.items():
                if running.process.poll() is not None:
                    raise NotStarted(f"Vedette did not start: {name} ended ({_why(running.process)}).")
            if time.monotonic() > deadline:
                raise NotStarted(f"Vedette did not start: {what} was not ready after {seconds:.0f} seconds.")
            time.sleep(TICK_SECONDS / 2)

    def give_way(self) -> None:
        """Raise AskedToStop when somebody has asked to stop."""
        if self._asked is not None:
            raise AskedToStop

    def supervise(self) -> None:
        """Keep everything running until somebody asks to stop."""
        while self._asked is None:
            self._tend()
            time.sleep(TICK_SECONDS)

    def _tend(self) -> None:
        for name, running in self._running.items():
            if running.process.poll() is None:
                continue
            if running.start_again is None:
                pause = running.note_end()
                console.say("run", f"{name} ended ({_why(running.process)}); it is started again in {pause:.1f} s.")
            elif time.monotonic() >= running.start_again:
                if running.program.before_restart:
                    running.program.before_restart()
                self.start(running.program)
        self._end_adopted()

    def stop(self, order: Sequence[Sequence[str]]) -> None:
        """End everything, one group of `order` after the other; at once when somebody asks a second time."""
        for names in order:
            group = [self._running.pop(name) for name in names if name in self._running]
            for running in group:
                running.process.terminate()
            for running in group:
                self._await_end(running)
        for running in self._running.values():
            running.kill()
        while self._end_adopted():
            time.sleep(TICK_SECONDS)

    def _await_end(self, running: _Running) -> None:
        deadline = time.monotonic() + running.program.stop_seconds
        while running.process.poll() is None:
            if self._at_once or time.monotonic() > deadline:
                console.say("run", f"{running.program.name} does not end by itself in time; it is killed.")
                running.kill()
                return
            time.sleep(TICK_SECONDS / 2)

    def _end_adopted(self) -> bool:
        """End processes whose parent inside the tree died: nobody looks after them any more. True if there were any."""
        ours = {running.process.pid for running in self._running.values()}
        adopted = [pid for pid in _children() if pid not in ours]
        for pid in adopted:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
        return bool(adopted)


def _children() -> Iterator[int]:
    """The processes whose parent we are (Linux; none elsewhere)."""
    for path in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            yield from map(int, path.read_text().split())


def _why(process: subprocess.Popen[bytes]) -> str:
    """How a process ended, in words."""
    code = process.returncode
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name

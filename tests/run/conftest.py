"""Vedette as a user starts it: programs of its own, watched from outside."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

PATIENCE_SECONDS = 60


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.05)


class Watched:
    """A command with everything it writes and every process it has ever had."""

    def __init__(self, command: list[str], **environment: str):
        self.lines: list[str] = []
        self.seen: dict[int, str] = {}  # process -> when it began, as /proc tells it
        self.process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for_output(self, pattern: str) -> re.Match[str]:
        """Wait until the pattern has been written, and return its first match."""
        found = lambda: re.search(pattern, self.output)  # noqa: E731
        wait_for(lambda: found() or self.process.poll() is not None, f"{pattern!r} in:\n{self.output}")
        match = found()
        assert match, f"ended without {pattern!r}:\n{self.output}"
        return match

    def look(self) -> dict[int, str]:
        """The commands of all processes below this one, now; they are remembered."""
        parents = {pid: int(facts[1]) for pid in _processes() if (facts := _facts(pid))}
        below = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in below} - below:
            below |= more
        for pid in below:
            if facts := _facts(pid):
                self.seen[pid] = facts[19]
        return {pid: _command(pid) for pid in below - {self.process.pid}}

    def find(self, part: str) -> int:
        """The first process whose command has this part in it; 0 when there is none."""
        return min((pid for pid, command in self.look().items() if part in command), default=0)

    def left_over(self) -> list[str]:
        """Processes seen at any time that still live."""
        return [_command(pid) for pid, began in self.seen.items() if (facts := _facts(pid)) and facts[19] == began]

    def end(self, number: int = signal.SIGINT) -> int:
        """Send the signal, wait for the end, and return the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code

    def clean_up(self) -> None:
        """End everything that is left, however the test went."""
        if self.process.poll() is None:
            self.look()
        for pid, began in self.seen.items():
            if (facts := _facts(pid)) and facts[19] == began:
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)


def _processes() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _facts(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on; nothing for a process that is gone or only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields if fields[0] != "Z" else None


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


@pytest.fixture(scope="module")
def watch() -> Iterator[Callable[..., Watched]]:
    """Start commands; whatever they leave behind is ended with the module."""
    started: list[Watched] = []

    def start(*command: str, **environment: str) -> Watched:
        started.append(Watched(list(command), **environment))
        return started[-1]

    yield start
    for watched in started:
        watched.clean_up()


@pytest.fixture(scope="module")
def vedette(watch) -> Callable[..., Watched]:
    """Start `manage.py run` on any free port."""

    def start(folder: Path, *options: str, **environment: str) -> Watched:
        settings_of_this_start = {"PORT": "0", "DATA_DIR": str(folder), **environment}
        return watch(sys.executable, "manage.py", "run", *options, **settings_of_this_start)

    return start

"""A program in a process group of its own, that cannot outlive whoever started it unnoticed."""

import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

TERM_SECONDS = 5.0
KILL_SECONDS = 10.0
PIPE_BYTES = 65_536


class ProcessGroup:
    """One running program with everything it starts.

    What it has to know is written to its standard input, which stays open: that it closes tells the program that
    nobody waits for it any more. What it says, on either output, is read with `read()`.
    """

    def __init__(self, command: Sequence[str], told: bytes, folder: Path, environment: Mapping[str, str]):
        """Start the program in `folder`. Raises OSError when it cannot be started."""
        self._lock = threading.RLock()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        )
        assert self._process.stdin  # noqa: S101 - both are pipes
        assert self._process.stdout  # noqa: S101
        self._input, self._output = self._process.stdin, self._process.stdout
        with suppress(BrokenPipeError):  # it ended at once: its exit code will say so
            self._input.write(told)

    @property
    def pid(self) -> int:
        """Of the group and of its first process."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code; minus the signal's number when a signal ended it; None while it runs."""
        return self._process.poll()

    def read(self, seconds: float) -> bytes | None:
        """Wait for what the program says, at most `seconds`; None when it will never say anything again."""
        with self._lock:
            if self._output.closed:
                return None
            with selectors.DefaultSelector() as selector:
                selector.register(self._output, selectors.EVENT_READ)
                if not selector.select(seconds):
                    return b""
            said = self._output.read(PIPE_BYTES)
            if not said:
                self._output.close()
                return None
            return said

    def wait(self, seconds: float) -> bool:
        """Wait for the program's end; tell whether it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.code is not None

    def end(self) -> None:
        """End the whole group: TERM, 5 s, KILL. Harmless when it has ended already."""
        with self._lock:
            for number, seconds in ((signal.SIGTERM, TERM_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
                if self.code is not None:
                    break
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, number)
                self.wait(seconds)
            self._input.close()
            self._output.close()

"""A program in a process group of its own, that cannot outlive whoever started it unnoticed."""

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

TERM_SECONDS = 5.0
GONE_SECONDS = 2.0
KILL_SECONDS = 5.0
POLL_SECONDS = 0.02
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
        """The exit code; minus the signal's number when a signal ended it; None while it runs.

        With the program ends what it left behind in its group.
        """
        with self._lock:
            if self._process.returncode is None and _has_ended(self.pid):
                self._send(signal.SIGKILL)
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

    def want(self) -> None:
        """Tell the program that somebody still waits for it."""
        with self._lock, suppress(OSError, ValueError):  # it has ended, or its input is closed
            self._input.write(b".")

    def wait(self, seconds: float) -> bool:
        """Wait for the program's end; tell whether it has ended."""
        until = time.monotonic() + seconds
        while self.code is None:
            if time.monotonic() >= until:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def end(self) -> None:
        """End the whole group: TERM, 5 s, KILL. Harmless when it has ended already.

        In between, closing its input tells the program that nobody waits any more: it knows best what it has started.
        """
        with self._lock:
            self._send(signal.SIGTERM)
            self.wait(TERM_SECONDS)
            self._input.close()
            if not self.wait(GONE_SECONDS):
                self._send(signal.SIGKILL)
                self.wait(KILL_SECONDS)
            self._output.close()

    def _send(self, number: int) -> None:
        """Send a signal to the group, unless its number may by now belong to somebody else."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)


def _has_ended(pid: int) -> bool:
    """Whether a child has ended. It is not reaped: until it is, no other process can get its number."""
    with suppress(ChildProcessError):
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return False

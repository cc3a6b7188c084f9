"""Standard output, shared by everything that runs: whole lines, each marked with who wrote it."""

import contextlib
import sys
import threading
from typing import IO

LONGEST_LINE = 16 * 1024
# Log lines carry text from scanned sites: control characters would be commands to the reader's terminal.
_NO_COMMANDS = dict.fromkeys((*range(9), *range(10, 32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}")
_lock = threading.Lock()


def write(text: str) -> None:
    """Write these lines. A reader that has gone away is no reason to end."""
    with _lock, contextlib.suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def say(name: str, line: str) -> None:
    """Write one line of the program `name`."""
    write(f"{name:8}| {line.translate(_NO_COMMANDS)}")


def follow(name: str, stream: IO[bytes], unheard: str = "") -> None:
    """Write what the program says, but for lines with `unheard` in them, until it closes the stream; in a thread."""

    def pass_on() -> None:
        with stream:
            while line := stream.readline(LONGEST_LINE):
                text = line.decode(errors="replace").strip()
                if text and not (unheard and unheard in text):
                    say(name, text)

    threading.Thread(target=pass_on, name=f"output of {name}", daemon=True).start()

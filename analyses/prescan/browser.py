"""A process that plays one crawl script in a browser, and ends whatever it started. Started by its path.

The job is one line of JSON on standard input, so that nothing of it shows on a command line; what comes of it is
lines of JSON on standard output, see `player`.

Two processes: a small one that only watches, and the one that plays. The watching one ends everything below it, the
browser with all its own processes included, when the playing is over or when standard input closes, because the
worker does not want it any more or is gone. A browser leaves the process group it was started in, so the group alone
is not enough.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    job = json.loads(sys.stdin.buffer.readline())
    watcher = os.getpid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # whatever loses its parent becomes a child of this one
    alive, held = os.pipe()  # `held` is open in the playing process only: that `alive` closes tells its end
    if os.fork() == 0:
        os.close(alive)
        become_player(job, watcher)
        os._exit(0)
    os.close(held)
    watch(alive)


def watch(alive: int) -> None:
    """Wait for the end of the playing, or of the worker's interest in it, and leave nothing behind."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent to the group: the playing ends, and this process sees it end
    silence()
    while alive not in select.select([0, alive], [], [])[0]:
        if not os.read(0, 1024):
            break
    end_everything()


def end_everything() -> None:
    """Kill every process below this one, until none is left."""
    while True:
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.02)


def descendants(ancestor: int) -> list[int]:
    """Every process below `ancestor`, as far as this system tells."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, open_ends = [], [ancestor]
    while open_ends:
        below = children.get(open_ends.pop(), [])
        found += below
        open_ends += below
    return found


def silence() -> None:
    """What a browser or its driver writes is of no interest, and would be mistaken for the outcome."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def become_player(job: dict[str, Any], watcher: int) -> None:
    """Play the script to its end, and say what came of it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != watcher:
        return
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    silence()
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the session's cookies
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

    from analyses.prescan.player import play

    def say(line: dict[str, Any]) -> None:
        said.write(f"{json.dumps(line)}\n")
        said.flush()

    play(job, say)


if __name__ == "__main__":
    main()

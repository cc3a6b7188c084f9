"""A process that reads one file, within limits of its own. Started by its path, with one file on standard input.

The first line of input is the job, {"name": ..., "memory": bytes, "seconds": seconds}; the file follows. What comes of
it is one line of JSON on standard output: {"specification": {...}}, {"error": ...}, or {"broken": "..."} for what
nobody foresaw; errors and notes are packed texts of analyses.said. Whatever a file does to its reader, it does here,
and the limits of the system end it.
"""

import ctypes
import json
import resource
import signal
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
OUT_OF_MEMORY = 3  # exit code


def main() -> None:
    job = json.loads(sys.stdin.buffer.readline())
    limit(job["memory"], job["seconds"])
    data = sys.stdin.buffer.read()
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

    from analyses.said import packed
    from analyses.specifications.contract import SpecificationError
    from analyses.specifications.parsing import parse

    try:
        found = parse(data, job["name"])
        say({"specification": {**asdict(found), "notes": packed(found.notes)}})
    except SpecificationError as error:
        say({"error": packed(error.args[0])})
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except Exception as error:
        # The message may quote the file, which may hold secrets: only the place is told.
        place = traceback.extract_tb(error.__traceback__)[-1]
        say({"broken": f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"})


def limit(memory: int, seconds: int) -> None:
    """Take on the limits: nothing written, little memory, little time, and not a moment longer than who waits."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def say(line: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Reads an uploaded file in a process of its own, which may cost no more than it is given."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from analyses.said import said as _
from analyses.said import unpacked
from analyses.specifications.contract import MOST_BYTES, Endpoint, Specification, SpecificationError

MEMORY = 768 * 1024**2  # bytes of address space
CPU_SECONDS = 10
SECONDS = 20.0  # on the clock: a busy machine gives a process less than all of its time
AT_ONCE = 2  # files, in one process of the site: each may take all of that
log = logging.getLogger(__name__)

_PROCESS = Path(__file__).with_name("parsing_process.py")
_free = threading.BoundedSemaphore(AT_ONCE)
_SMALLER = _("Split it into several files, or remove what is large in it, such as examples.")


def read(data: bytes, name: str) -> Specification:
    """The specification in an uploaded file. Raises SpecificationError, whose message is for people."""
    if len(data) > MOST_BYTES:
        raise SpecificationError(
            _("The file is larger than %(most)s MiB. %(smaller)s", most=MOST_BYTES // 1024**2, smaller=_SMALLER)
        )
    job = {"name": name[-200:], "memory": MEMORY, "seconds": CPU_SECONDS}
    if not _free.acquire(timeout=SECONDS):
        raise SpecificationError(_("Other files are being read at the moment. Upload it again a little later."))
    try:
        said, code = _run(json.dumps(job).encode() + b"\n" + data)
    finally:
        _free.release()
    if code is None or code == -signal.SIGXCPU:
        raise SpecificationError(
            _("The file takes longer than %(seconds)s s to read. %(smaller)s", seconds=CPU_SECONDS, smaller=_SMALLER)
        )
    if code:
        raise SpecificationError(
            _("The file takes more memory to read than any API should. %(smaller)s", smaller=_SMALLER)
        )
    line = json.loads(said)
    if "broken" in line:
        log.error("A specification broke its reader: %s", line["broken"])
        raise SpecificationError(
            _(
                "The file could not be understood. Export it again; if it repeats, tell an administrator, who finds "
                "the place in the log."
            )
        )
    return _understood(line)


def _run(told: bytes) -> tuple[bytes, int | None]:
    """What the process said, and its exit code: None when its time was over. Nothing of it is left behind."""
    process = subprocess.Popen(
        [sys.executable, "-I", str(_PROCESS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        said, _errors = process.communicate(told, timeout=SECONDS)
        return said, process.returncode
    except subprocess.TimeoutExpired:
        return b"", None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()


def _understood(line: dict[str, Any]) -> Specification:
    if "error" in line:
        raise SpecificationError(unpacked(line["error"]))
    found = line["specification"]
    return Specification(
        **{
            **found,
            "endpoints": tuple(Endpoint(**endpoint) for endpoint in found["endpoints"]),
            "notes": unpacked(found["notes"]),
        }
    )

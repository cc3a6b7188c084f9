"""Programs that stand for an engine at work in a scan's folder."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def an_engine_in(folder: Path) -> Iterator[int]:
    """Run a program in a process group of its own in this folder; yields the group."""
    folder.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(["sleep", "600"], cwd=folder, start_new_session=True) as process:
        try:
            yield process.pid
        finally:
            process.kill()

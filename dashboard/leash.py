"""Become a program that ends when its parent does: `python leash.py PARENT PROGRAM [ARGUMENT]...`.

Run by path and in isolated mode by dashboard.supervisor, so it imports nothing of the project.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask Linux for SIGTERM at the parent's death, then become the program; do nothing when it is dead already."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and a new program would inherit that
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()

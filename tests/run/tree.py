"""A tree of tiny programs for the tests of the supervisor: each says when it begins and when it is told to end."""

import sys
from pathlib import Path

from dashboard.supervisor import AskedToStop, Program, Supervisor

STOP_SECONDS = 1.5  # how long a program may take to end; a deaf one may take for ever
PROGRAM = """
import os, signal, subprocess, sys, time
name, manner = sys.argv[1:]
def end(*_):
    print("is told to end", flush=True)
    if manner not in ("stubborn", "deaf"):
        sys.exit()
signal.signal(signal.SIGTERM, end)
print("begins as", os.getpid(), flush=True)
if manner == "parent":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    print("has the child", child.pid, flush=True)
if manner == "hostile":
    print("\\x1b]0;owned\\x07 \\x9b31m", flush=True)
while True:
    time.sleep(600)
"""


def main() -> None:
    """Run the programs given as NAME:MANNER, and end them in this order."""
    supervisor = Supervisor(Path.cwd(), {})
    supervisor.take_charge()
    names = []
    for word in sys.argv[1:]:
        name, _, manner = word.partition(":")
        seconds = 600 if manner == "deaf" else STOP_SECONDS
        supervisor.start(Program(name, [sys.executable, "-c", PROGRAM, name, manner], stop_seconds=seconds))
        names.append([name])
    try:
        supervisor.supervise()
    except AskedToStop:
        pass
    supervisor.stop(names)


if __name__ == "__main__":
    main()

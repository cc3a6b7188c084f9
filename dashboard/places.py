"""The places a run takes on its machine: the data folder, the port of the pages, the port of the demo shop."""

import errno
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from django.conf import settings

from dashboard import console

LOCK_SECONDS = 30  # how long the programs of an earlier run that was killed may take to end
DEMO_PORTS = range(20_000, 30_000)  # below the ports that systems hand out by themselves


class Unavailable(Exception):
    """A place cannot be taken; the message is one line for people."""


@contextmanager
def locked_data_folder() -> Iterator[IO[str]]:
    """Hold the data folder for one run. The programs inherit the lock: it lasts until the last of them has ended."""
    _make_private(settings.DATA_DIR)
    with (settings.DATA_DIR / "run.lock").open("a+") as file:
        deadline = time.monotonic() + LOCK_SECONDS
        while not _is_locked(file):
            _explain_lock(file, deadline)
            time.sleep(0.2)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file


def _make_private(folder: Path) -> None:
    if folder.stat().st_mode & 0o077:
        try:
            folder.chmod(0o700)
        except PermissionError as error:
            raise Unavailable(f"Others can open the data folder {folder}, and its mode cannot be changed.") from error


def _is_locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _explain_lock(file: IO[str], deadline: float) -> None:
    """Raise Unavailable when the folder's owner still runs, or its programs have not ended by the deadline."""
    file.seek(0)
    owner = file.read().strip()
    if owner and _runs(int(owner)):
        raise Unavailable(f"Vedette is already running with the data folder {settings.DATA_DIR} (process {owner}).")
    if time.monotonic() > deadline:
        raise Unavailable(f"Programs of an earlier run still use the data folder {settings.DATA_DIR}.")
    console.say("run", "waiting for the programs of an earlier run to end")
    time.sleep(1)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Take the port of the pages (0: any free one). Raises Unavailable when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise Unavailable(_why_not(error, host, port)) from error
    with server:
        yield server


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Choose another one, for example: PORT={port + 1} make run"
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this user. Choose another one, for example: PORT=8000 make run"
    return f"Vedette cannot listen on HOST={host}: {error.strerror}"


def address(server: socket.socket) -> str:
    """Where the pages are for somebody on this machine, without a slash at the end."""
    host, port = _reachable(server)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_ready(server: socket.socket) -> bool:
    """The pages are served and their database answers."""
    pages = HTTPConnection(*_reachable(server), timeout=1)
    try:
        pages.request("GET", "/readyz", headers={"Host": urlsplit(settings.SITE_URL).netloc})
        return pages.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        pages.close()


def _reachable(server: socket.socket) -> tuple[str, int]:
    host, port = server.getsockname()[:2]
    if ip_address(host).is_unspecified:  # listens everywhere
        host = "::1" if ":" in host else "127.0.0.1"
    return host, port


def demo_port() -> int:
    """The demo shop's port: chosen once and kept, so that its analysis finds it again after the next start."""
    file: Path = settings.DATA_DIR / "demo-port"
    if not file.exists():
        candidates = secrets.SystemRandom().sample(DEMO_PORTS, 100)
        file.write_text(f"{next(port for port in candidates if is_free(port))}\n")
    return int(file.read_text())


def is_free(port: int) -> bool:
    """The port can be taken."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def is_served(port: int) -> bool:
    """Somebody on this machine answers on the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True

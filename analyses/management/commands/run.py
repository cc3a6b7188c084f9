"""Runs all of Vedette: one tree of programs that starts with one command and ends with Ctrl-C."""

import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from analyses import first_start, presence
from analyses.doorbell import ring
from dashboard import broker, console, places, programs, static_files
from dashboard.supervisor import AskedToStop, NotStarted, Supervisor

READY_SECONDS = 60
EXPECTED_ERRORS = (NotStarted, places.Unavailable, first_start.WeakPassword)


class Command(BaseCommand):
    help = "Run all of Vedette: broker, pages, workers, schedule and, unless told not to, the demo shop."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="neither serve nor analyse the demo shop")
        parser.add_argument("--port", type=int, default=settings.PORT, help="where the pages are; else PORT, else 8000")
        parser.add_argument("--workers", type=int, default=2, help="processes that serve pages; default: 2")

    def handle(self, *_args: Any, **options: Any) -> None:
        os.umask(0o077)
        try:
            with places.locked_data_folder() as lock, places.listening(settings.HOST, options["port"]) as pages:
                supervisor = Supervisor(settings.BASE_DIR, _environment(pages), files=(lock.fileno(),))
                supervisor.take_charge()
                Start(supervisor, pages, options["workers"], demo=not options["no_demo"]).run()
        except EXPECTED_ERRORS as error:
            sys.exit(str(error))


class Start:
    """One run, from the first step to the last."""

    def __init__(self, supervisor: Supervisor, pages: socket.socket, web_processes: int, *, demo: bool):
        self.supervisor = supervisor
        self.pages = pages
        self.web_processes = web_processes
        self.demo = demo
        self.began = time.monotonic()
        self.password = ""  # the administrator's, while it is made up and has not been told

    def run(self) -> None:
        """Start everything, keep it running until somebody asks to stop, and end everything."""
        if os.geteuid() == 0:
            console.say("run", "this is root: for more than a trial, give Vedette a user of its own")
        try:
            self._start()
            self.supervisor.supervise()
        except AskedToStop:
            pass
        finally:
            self._tell_password()
            self.pages.close()
            console.say("run", "stopping; Ctrl-C once more stops at once")
            began = time.monotonic()
            self.supervisor.stop(programs.STOP_ORDER)
            broker.remove_socket_folder()
            console.say("run", f"stopped after {time.monotonic() - began:.1f} s")

    def _start(self) -> None:
        if not settings.REDIS_URL:
            self._start_broker()
        self._step("database", lambda: call_command("migrate", verbosity=0, interactive=False))
        administrator, self.password = first_start.make_administrator(settings.ADMIN_PASSWORD)
        self._step("pages' files", static_files.collect)
        if not settings.REDIS_URL:
            for queue in programs.QUEUES:
                broker.restore_unacked(queue)
        shop = self._start_shop() if self.demo else ""
        if shop:
            first_start.submit_demo(shop, administrator)
        ring("sweep")  # what an earlier run put down is taken up at once
        _leave_database()
        for program in (
            programs.web(self.pages.fileno(), self.web_processes),
            programs.worker(),
            programs.scanner(),
            programs.beat(),
        ):
            self.supervisor.start(program)
        self.supervisor.wait_until(lambda: places.is_ready(self.pages), READY_SECONDS, "the web server")
        self.supervisor.wait_until(lambda: not presence.look(), READY_SECONDS, "a worker")
        _leave_database()
        console.say("run", f"ready after {time.monotonic() - self.began:.1f} s")
        self._welcome(administrator.get_username(), shop)

    def _step(self, what: str, do: Callable[[], object]) -> None:
        began = time.monotonic()
        do()
        console.say("run", f"{what}: {time.monotonic() - began:.1f} s")
        self.supervisor.give_way()

    def _start_broker(self) -> None:
        broker.prepare_folders()
        self.supervisor.start(programs.broker())
        self.supervisor.wait_until(broker.answers, READY_SECONDS, "the embedded broker")

    def _start_shop(self) -> str:
        """Start the demo shop and return its address (host:port); empty when its port is taken this time."""
        port = places.demo_port()
        if not places.is_free(port):
            console.say("run", f"port {port}, where the demo shop was, is taken: it is not served this time")
            return ""
        self.supervisor.start(programs.shop(port))
        self.supervisor.wait_until(lambda: places.is_served(port), READY_SECONDS, "the demo shop")
        return f"127.0.0.1:{port}"

    def _welcome(self, sign_in_name: str, shop: str) -> None:
        address = places.address(self.pages)
        console.write(f"\nVedette is ready: {address}/")
        if os.environ.get("SITE_URL"):
            console.write(f"  Its address for people: {settings.SITE_URL}/")
        if not self.password:
            console.write(f"  Sign in as {sign_in_name}.")
        self._tell_password()
        if shop:
            console.write(f"  The demo shop, vulnerable on purpose and only for this machine: http://{shop}/")
        if settings.MAIL_IS_KEPT:
            console.write(f"  Mails are kept in {settings.MAIL_DIR}; the admin shows them: {address}/admin/")
        console.write("  Ctrl-C stops everything.\n")

    def _tell_password(self) -> None:
        """Show a made-up password, on the screen only, and only once; also when the start went wrong after it."""
        if self.password:
            console.write(
                f"  Sign in as {first_start.ADMINISTRATOR} with the password {self.password} (shown only now)."
            )
            self.password = ""


def _environment(pages: socket.socket) -> dict[str, str]:
    """What the programs are given: our environment with the port in use, without the administrator's password."""
    environment = {name: value for name, value in os.environ.items() if name != "ADMIN_PASSWORD"}
    return {**environment, "PORT": str(pages.getsockname()[1]), "PYTHONUNBUFFERED": "1"}


def _leave_database() -> None:
    """Close our connections: the programs have their own, and the supervisor needs none any more."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined] # the only database that has one

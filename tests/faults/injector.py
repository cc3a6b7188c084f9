"""The faults, by kind: what is done to the installation, and how often it is chosen."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import kombu.exceptions
import psycopg
import redis

from tests.faults.installation import LEASE_SECONDS, Installation, until
from tests.faults.mail_server import MANNERS, MailServer
from tests.faults.messages import Messages

TAKEN_OVER_SECONDS = LEASE_SECONDS + 16  # the lease, a sweep, and a moment to begin
NOT_NOW = (redis.RedisError, kombu.exceptions.OperationalError, ProcessLookupError, OSError)


class Injector:
    """Does things to an installation that happen in real life, only more often."""

    def __init__(self, installation: Installation, mail: MailServer, chance: random.Random):
        self._it = installation
        self._mail = mail
        self._chance = chance
        self._messages = Messages(installation, chance)
        self._under_way: list[threading.Thread] = []  # faults that last
        self._stopped: set[int] = set()
        self.done: Counter[str] = Counter()
        self.kinds: dict[str, tuple[int, Callable[[], bool]]] = {
            "web killed": (3, lambda: self._kill(self._it.process("web"))),
            "web process killed": (10, lambda: self._kill(self._one_of(self._it.web_workers()))),
            "worker killed": (9, lambda: self._kill(self._it.process("worker"))),
            "scanner killed": (10, self._kill_a_scanner),
            "beat killed": (4, lambda: self._kill(self._it.process("beat"))),
            "broker killed": (4, self._kill_broker),
            "broker stopped for seconds": (4, self._stop_broker),
            "broker emptied": (6, self._empty_broker),
            "everything killed, started again": (1, self._kill_everything),
            "scanner stopped beyond its lease": (3, self._zombie),
            "worker stopped for seconds": (3, lambda: self._pause(self._it.process("worker"), self._seconds(2, 12))),
            "database away": (5, self._database_away),
            "messages doubled": (14, self._messages.doubled),
            "messages out of order": (8, self._messages.out_of_order),
            "messages forged": (8, self._messages.forged),
            "messages that are none": (3, self._messages.garbage),
            "messages of another form": (3, self._messages.foreign),
            "mail server told to misbehave": (9, self._spoil_mail),
        }

    def one(self) -> str:
        """Inject one fault, chosen by weight; the kind, or nothing where it could not be done just now."""
        weights = [weight for weight, _ in self.kinds.values()]
        kind = self._chance.choices(list(self.kinds), weights=weights)[0]
        try:
            happened = self.kinds[kind][1]()
        except NOT_NOW:
            return ""
        if happened and kind != "mail server told to misbehave":  # counted when a mail meets it
            self.done[kind] += 1
        return kind if happened else ""

    @property
    def total(self) -> int:
        return sum(self.done.values()) + sum(self._mail.met.values())

    def table(self) -> list[tuple[str, int]]:
        """How many of each kind."""
        mails = [(f"mail {manner}", number) for manner, number in self._mail.met.items()]
        return sorted([*self.done.items(), *mails])

    def let_heal(self) -> None:
        """Let what lasts come to its end."""
        self._mail.be_polite()
        for thread in self._under_way:
            thread.join()
        self._under_way.clear()

    # --- Processes ---

    def _one_of(self, pids: list[int]) -> int:
        return self._chance.choice(pids) if pids else 0

    def _seconds(self, least: float, most: float) -> float:
        return self._chance.uniform(least, most)

    def _kill(self, pid: int) -> bool:
        if not pid:
            return False
        os.kill(pid, signal.SIGKILL)
        return True

    def _kill_a_scanner(self) -> bool:
        second = self._it.second_scanner
        if second and self._chance.random() < 0.5:
            second.look()
            second.clean_up()
            self._it.start_second_scanner()
            return True
        return self._kill(self._it.process("scanner"))

    def _kill_everything(self) -> bool:
        tree = self._it.tree
        tree.look()
        tree.process.kill()
        tree.wait()
        until(lambda: not tree.left_over(), 40)
        self._it.start()
        return True

    def _pause(self, pid: int, seconds: float) -> bool:
        """Stop a process, and let it go on later; other faults happen meanwhile."""
        if not pid or pid in self._stopped:
            return False
        self._stopped.add(pid)
        os.kill(pid, signal.SIGSTOP)

        def go_on() -> None:
            time.sleep(seconds)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
            self._stopped.discard(pid)

        self._later(go_on)
        return True

    def _zombie(self) -> bool:
        """A scanner that sleeps longer than its lease, while another one takes its scans over."""
        second = self._it.second_scanner
        chosen = [self._it.process("scanner"), second.process.pid if second else 0]
        if self._stopped & set(chosen):  # one of them has to be there to take over
            return False
        return self._pause(self._one_of(chosen), TAKEN_OVER_SECONDS)

    def _later(self, what: Callable[[], None]) -> None:
        thread = threading.Thread(target=what, daemon=True)
        thread.start()
        self._under_way.append(thread)

    # --- Broker ---

    def _broker_process(self) -> int:
        second = self._it.second_broker
        return second.process.pid if second else self._it.process("broker")

    def _kill_broker(self) -> bool:
        if not self._kill(self._broker_process()):
            return False
        if self._it.second_broker:
            self._it.second_broker.wait()
            time.sleep(self._seconds(0, 3))
            self._it.start_second_broker()
        return True

    def _stop_broker(self) -> bool:
        return self._pause(self._broker_process(), self._seconds(1, 5))

    def _empty_broker(self) -> bool:
        with self._it.broker() as broker:
            broker.flushall()
        return True

    # --- Database and mail server ---

    def _database_away(self) -> bool:
        if self._it.database:
            return self._kill_database()
        seconds = self._seconds(0.5, 4)

        def hold() -> None:
            with closing(self._it.connect()) as connection:
                connection.execute("BEGIN EXCLUSIVE")
                time.sleep(seconds)
                connection.execute("ROLLBACK")

        self._later(hold)
        return True

    def _kill_database(self) -> bool:
        """An immediate shutdown, which is a crash; whoever started the server starts it again."""
        place = Path(os.environ["POSTGRES_DATA"]) / "postmaster.pid"
        os.kill(int(place.read_text().split()[0]), signal.SIGQUIT)
        until(lambda: not place.exists(), 20)
        return until(self._database_answers, 40)

    def _database_answers(self) -> bool:
        with suppress(psycopg.Error), closing(self._it.connect()):
            return True
        return False

    def _spoil_mail(self) -> bool:
        if len(self._mail.manners) > 5:  # few mails come by
            return False
        self._mail.manners += self._chance.choices(MANNERS, k=self._chance.randint(1, 3))
        return True

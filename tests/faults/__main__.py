"""Breaks a real installation at random, many times, and says what came of it: `make faults`.

Environment: FAULTS (500), SEED (random), MINUTES (14: no fault is injected later), DATABASE_URL (a PostgreSQL that
may be killed, with POSTGRES_DATA, its folder; SQLite and the embedded broker without). KEEP=1 keeps the folder.
"""

import os
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from tests.faults.injector import Injector
from tests.faults.installation import Installation, until
from tests.faults.mail_server import MailServer
from tests.faults.people import People
from tests.faults.verdict import Verdict, settled
from tests.targets.serving import closed_port, serve
from tests.targets.sites import plain

LEAST_PAUSE, LONGEST_PAUSE = 0.2, 1.6  # seconds between two faults
_LIVE = "SELECT analysis_id FROM analyses_analysisoccurrence WHERE ended_at IS NULL"


def main() -> int:
    faults = int(os.environ.get("FAULTS", "500"))
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    database = os.environ.get("DATABASE_URL", "")
    folder = Path(tempfile.mkdtemp(prefix="vedette-faults-"))
    print(f"{faults} faults, SEED={seed}, {'PostgreSQL' if database else 'SQLite'}, {folder}", flush=True)
    mail = MailServer()
    mail.start()
    it = Installation(folder, mail.address, database=database, own_broker=bool(database))
    try:
        with serve(plain) as site:
            it.start()
            it.start_second_scanner()
            people = People(it.address, [site.spot, f"127.0.0.1:{closed_port()}"], random.Random(seed + 1))
            people.settle_in()
            injector = Injector(it, mail, random.Random(seed))
            began = time.monotonic()
            _break(it, people, injector, faults, began)
            broken = time.monotonic() - began
            injector.let_heal()
            verdict = settled(it, people, mail)
    finally:
        it.clean_up()
        mail.stop()
        _keep_output(it, folder)
    _tell(verdict, injector, people, broken, time.monotonic() - began - broken)
    print(f"faults={injector.total} {verdict.line}  (SEED={seed})")
    good = verdict.is_good and injector.total >= faults
    if good and not os.environ.get("KEEP"):
        shutil.rmtree(folder)
    return 0 if good else 1


def _break(it: Installation, people: People, injector: Injector, faults: int, began: float) -> None:
    """Inject faults while people work, until there are enough or the time is up."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            people.do_something([row[0] for row in it.rows(_LIVE)])
            over.wait(people.chance.uniform(0.1, 0.8))

    worker = threading.Thread(target=work)
    worker.start()
    chance = random.Random(faults)
    limit = began + 60 * float(os.environ.get("MINUTES", "14"))
    told = 0
    try:
        until(lambda: len(people.ledger) > 3, 30)
        while injector.total < faults and time.monotonic() < limit:
            if injector.one():
                time.sleep(chance.uniform(LEAST_PAUSE, LONGEST_PAUSE))
            if injector.total // 50 > told:
                told = injector.total // 50
                print(f"  {injector.total} faults after {time.monotonic() - began:.0f} s", flush=True)
    finally:
        over.set()
        worker.join()


def _tell(verdict: Verdict, injector: Injector, people: People, broken: float, settling: float) -> None:
    for kind, number in injector.table():
        print(f"  {number:>5}  {kind}")
    answered = sum(entry.answered for entry in people.ledger)
    unsure = sum(entry.unsure for entry in people.ledger)
    print(f"  {broken:.0f} s of faults, {settling:.0f} s until everything rested")
    requests = f"{people.asked} requests, {people.failed} without a good answer"
    print(f"  {requests}; {answered} answered submits, {unsure} whose answer was lost")
    print(
        f"  mails: missing={verdict.missing_mail}, taken again with the same Message-ID={verdict.resent}; "
        f"orphans={verdict.orphans}; broken invariants={verdict.broken}"
    )
    for line in verdict.details:
        print(f"  ! {line}")


def _keep_output(it: Installation, folder: Path) -> None:
    text = "\n".join(line for watched in it.ever for line in watched.lines)
    (folder / "output.log").write_text(text)


if __name__ == "__main__":
    sys.exit(main())

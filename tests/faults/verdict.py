"""What is left when the faults are over: what was promised, compared with what is there."""

import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.faults.installation import Installation, until
from tests.faults.mail_server import MailServer
from tests.faults.people import Entry, People

SETTLE_SECONDS = 300  # until nothing is under way any more
MAIL_SECONDS = 420  # a mail whose sender was killed is taken up after five minutes

PATIENCE_SECONDS = 150  # from then on people stop what is still under way
_LIVE = "SELECT analysis_id, pause FROM analyses_analysisoccurrence WHERE ended_at IS NULL"
_HANGING = (
    "SELECT DISTINCT o.analysis_id FROM analyses_scanoccurrence s JOIN analyses_analysisoccurrence o "
    "ON o.id = s.occurrence_id WHERE s.status = 'in_progress' AND s.url LIKE '%play=hangs%'"
)
_OPEN_MAILS = "SELECT id, status FROM notifications_outgoingmail WHERE status <> 'sent'"


@dataclass
class Verdict:
    """The figures; all but `resent` must be 0. `details` says what is behind them."""

    lost: int = 0
    dup_mail: int = 0
    dup_run: int = 0
    stuck: int = 0
    missing_mail: int = 0
    orphans: int = 0
    broken: int = 0  # the audit's lines
    resent: int = 0  # the same mail, by its Message-ID, taken more than once
    details: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        figures = (self.lost, self.dup_mail, self.dup_run, self.stuck, self.missing_mail, self.orphans, self.broken)
        return not any(figures)

    @property
    def line(self) -> str:
        return f"lost={self.lost} dup_mail={self.dup_mail} dup_run={self.dup_run} stuck={self.stuck}"


def settled(it: Installation, people: People, mail: MailServer) -> Verdict:
    """Let everything come to rest, end it, and compare."""
    verdict = Verdict()
    until(it.is_ready, 60)
    people.sign_in()
    began = time.monotonic()
    until(lambda: not _wind_down(it, people, time.monotonic() - began), SETTLE_SECONDS, pause=2)
    live = it.rows(_LIVE)
    verdict.stuck = len(live)
    verdict.details += [f"still under way: analysis {pk}" for pk, _ in live]
    until(lambda: not _open_mails(it, people), MAIL_SECONDS, pause=5)
    _judge_audit(verdict, it)
    _judge_ledger(verdict, it, people.ledger)
    _judge_mails(verdict, it, mail)
    code = it.end()
    verdict.details += [f"left over: {command}" for command in it.left_over()]
    verdict.orphans += len(it.left_over())
    if code:
        verdict.broken += 1
        verdict.details.append(f"the tree ended with exit code {code}")
    return verdict


def _wind_down(it: Installation, people: People, waited: float) -> list[tuple]:
    """Resume what is paused and stop what would not end by itself; the runs that are still under way."""
    live = it.rows(_LIVE)
    hanging = [pk for (pk,) in it.rows(_HANGING)]
    for pk, pause in live:
        if pause:
            people.act(pk, "resume")
        elif pk in hanging or waited > PATIENCE_SECONDS:
            people.act(pk, "stop-save")
    return live


def _open_mails(it: Installation, people: People) -> list[tuple]:
    """Have what failed or waits sent again, as an administrator would; the mails that are not sent yet."""
    mails = it.rows(_OPEN_MAILS)
    idle = [pk for pk, status in mails if status != "sending"]
    refused = [pk for (pk,) in it.rows("SELECT id FROM notifications_refusedaddress")]
    if refused:
        people.release_addresses(refused)
    if idle:
        people.have_mails_sent_again(idle)
    return mails


def _judge_audit(verdict: Verdict, it: Installation) -> None:
    code, said = it.ask("audit")
    if code:
        lines = [line for line in said.splitlines() if line.startswith("  ")]
        verdict.broken += max(1, len(lines))
        verdict.details += [f"audit: {line}" for line in said.splitlines()]


def _judge_ledger(verdict: Verdict, it: Installation, ledger: list[Entry]) -> None:
    """Every answered submit made one run, and nothing else did."""
    runs: dict[str, int] = defaultdict(int)
    query = (
        "SELECT a.name, COUNT(o.id) FROM analyses_analysis a "
        "LEFT JOIN analyses_analysisoccurrence o ON o.analysis_id = a.id GROUP BY a.name"
    )
    runs.update(it.rows(query))
    for entry in ledger:
        there = runs[entry.name]
        lost = max(0, entry.answered - there)
        doubled = max(0, there - entry.answered - entry.unsure)
        verdict.lost, verdict.dup_run = verdict.lost + lost, verdict.dup_run + doubled
        if lost or doubled:
            verdict.details.append(f"{entry}: {there} runs")
    again = it.rows("SELECT analysis_id, number FROM analyses_analysisoccurrence GROUP BY 1, 2 HAVING COUNT(*) > 1")
    verdict.dup_run += len(again)


def _judge_mails(verdict: Verdict, it: Installation, mail: MailServer) -> None:
    """Every mail that was written was taken; a second copy is only ever the same mail."""
    written = {str(row[0]): str(row[1]) for row in it.rows("SELECT message_id, key FROM notifications_outgoingmail")}
    taken = Counter(taken.message_id for taken in mail.taken)
    missing = [key for message_id, key in written.items() if not taken[message_id]]
    unknown = [message_id for message_id in taken if message_id not in written]
    about: Counter[str] = Counter(re.sub(r"^prescan_\w+", "prescan", key).lower() for key in written.values())
    twice = [key for key, number in about.items() if number > 1]
    verdict.missing_mail, verdict.dup_mail = len(missing), len(unknown) + len(twice)
    verdict.resent = sum(number - 1 for number in taken.values())
    verdict.details += [f"mail not taken: {key}" for key in missing]
    verdict.details += [f"mail of nobody: {message_id}" for message_id in unknown]
    verdict.details += [f"told twice: {key}" for key in twice]

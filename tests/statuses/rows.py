"""What a row of the tables says: a status, how it is reached, and what can be read then."""

from collections.abc import Callable
from dataclasses import dataclass

from analyses.models import Analysis
from analyses.statuses import AnalysisStatus, ScanStatus
from tests.statuses.stage import Stage

Way = Callable[[Stage], Analysis]

# What the page offers, by name.
DRAFT = frozenset({"configure", "submit", "prescan-only"})
AGAIN = DRAFT  # it has ended, and can be submitted once more
LIVE = frozenset({"configure", "stop-save", "stop-delete"})
SCHEDULED = LIVE | {"withdraw", "run-now"}
RUNNING = LIVE | {"pause"}
PAUSED = LIVE | {"resume"}
WINDING_DOWN = frozenset({"configure"})
UNDO = frozenset({"undo-delete"})  # beside the others, while deleted results can be had back

# The mails there are, by event and recipient.
NO_MAIL: frozenset[tuple[str, str]] = frozenset()
PASSED = frozenset({("prescan_succeeded", "alice@example.test")})
FAILED = frozenset({("prescan_failed", "alice@example.test")})
PUBLISHED = frozenset(
    {("results_published", "appsec@example.test"), ("results_published", "lead@example.test")}
)  # fmt: skip


@dataclass(frozen=True)
class AnalysisRow:
    status: AnalysisStatus
    way: Way
    log: str  # the entry: what happened
    cause: str  # what stands below it; empty where nothing has to be explained
    may: frozenset[str]
    mails: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class ScanRow:
    status: ScanStatus
    way: Way
    log: str
    cause: str
    analysis: AnalysisStatus  # what its analysis is meanwhile
    may: frozenset[str]
    mails: frozenset[tuple[str, str]]
    advice: str = ""  # of its own; empty: the status's
    place: int = 0  # of the scan in its analysis

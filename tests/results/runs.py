"""Runs of an analysis, scan by scan: what each found and how it ended."""

from dataclasses import dataclass, replace

from django.contrib.auth.models import User

from analyses import lifecycle
from analyses.engines.contract import FoundFlaw, Severity
from analyses.models import Analysis, AnalysisOccurrence, AuthHealth
from analyses.moves import Ending
from analyses.statuses import SCAN_VERIFYING
from tests.scene import FLAW, PASSED, UNREACHED, prescanned, scans_of

A, B = "http://a.test/", "http://b.test/"
SQL = replace(FLAW, url="http://a.test/item?id=1")
XSS = FoundFlaw("Reflected Cross Site Scripting", Severity.MEDIUM, "GET", "http://a.test/search?q=1", "q", "xss")
HEADER = FoundFlaw("HTTP Secure Headers", Severity.LOW, "GET", "http://b.test/", "", "http_headers")


@dataclass(frozen=True)
class Scanned:
    """One scan of a run: what it found, and how it ended; not `reached` it fails its prescan."""

    flaws: tuple[FoundFlaw, ...] = ()
    ending: Ending = Ending.COMPLETED
    reached: bool = True
    sign_in: AuthHealth = AuthHealth.NOT_USED


FAILED = Scanned(reached=False)


def found(*flaws: FoundFlaw) -> Scanned:
    """A scan that ran to its end."""
    return Scanned(flaws)


def run(analysis: Analysis, owner: User, *scans: Scanned) -> AnalysisOccurrence:
    """A whole run, until its results are available."""
    occurrence = lifecycle.submit(analysis, owner)
    prescanned(occurrence, *[PASSED if scan.reached else UNREACHED for scan in scans])
    for row, scan in zip(scans_of(occurrence), scans, strict=True):
        if not scan.reached:
            continue
        held = lifecycle.claim(row.pk)
        lifecycle.started(held)
        lifecycle.record_found(held, scan.flaws)
        lifecycle.sign_in_health(held, scan.sign_in)
        lifecycle.end_run(held, scan.ending)
        row.refresh_from_db()
        if row.status in SCAN_VERIFYING:  # there is something to publish
            lifecycle.publish(held)
    occurrence.refresh_from_db()
    return occurrence

"""Short sentences the tests are written in: real rows, real verbs."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import FoundFlaw, Severity
from analyses.lifecycle import Claim
from analyses.models import Activity, Analysis, AnalysisOccurrence, Scan, ScanOccurrence
from analyses.moves import Ending
from analyses.prescan.contract import Outcome, PrescanResult, Step
from analyses.statuses import AnalysisStatus, ScanStatus

PASSED = PrescanResult(steps=(Step("Name", Outcome.PASSED), Step("Connection", Outcome.PASSED)))
UNREACHED = PrescanResult(
    steps=(Step("Name", Outcome.FAILED, "The name does not exist", "Check the address."),),
    failure=ScanStatus.CONNECTION_ERROR,
    cause="The name does not exist",
    advice="Check the address.",
)
FLAW = FoundFlaw("SQL Injection", Severity.CRITICAL, "GET", "http://shop.test/item?id=1", "id", "sql")


def an_analysis(owner: User, *urls: str, name: str = "Shop", engine: str = "scripted", **fields) -> Analysis:
    analysis = Analysis.objects.create(name=name, owner=owner, engine=engine, **fields)
    for position, url in enumerate(urls or ("http://shop.test/",)):
        Scan.objects.create(analysis=analysis, url=url, position=position)
    lifecycle.created(analysis, owner)
    return analysis


def give_secrets(analysis: Analysis, **secrets: str) -> None:
    """Every scan of it stores these."""
    for scan in analysis.scans.all():
        for name, text in secrets.items():
            setattr(scan, name, text)
        scan.save(update_fields=list(secrets))


def status(thing: Analysis | AnalysisOccurrence | ScanOccurrence) -> str:
    """The label it shows now."""
    thing.refresh_from_db()
    return thing.get_status_display()


def scans_of(occurrence: AnalysisOccurrence) -> list[ScanOccurrence]:
    return list(occurrence.scans.all())


def prescanned(occurrence: AnalysisOccurrence, *results: PrescanResult) -> None:
    """Bring a submitted occurrence through its prescan; a scan without a given result passes."""
    claimed = lifecycle.begin_prescan(occurrence.pk)
    assert claimed is not None
    for number, scan in enumerate(scans_of(occurrence)):
        lifecycle.record_prescan(claimed, scan, results[number] if number < len(results) else PASSED)
    lifecycle.finish_prescan(claimed)


def running(owner: User, *urls: str, **fields) -> tuple[Analysis, AnalysisOccurrence, list[Claim]]:
    """An analysis of which every scan that has a slot is running."""
    analysis = an_analysis(owner, *urls, **fields)
    occurrence = lifecycle.submit(analysis, owner)
    prescanned(occurrence)
    claims = [started(scan) for scan in scans_of(occurrence)]
    return analysis, occurrence, [held for held in claims if held]


def started(scan: ScanOccurrence) -> Claim | None:
    """Claim a queued scan and report its engine as running; None when it is not its turn."""
    held = lifecycle.claim(scan.pk)
    if held:
        lifecycle.started(held)
    return held


def ends(held: Claim, ending: Ending = Ending.COMPLETED, *, finds: bool = True, cause: str = "") -> None:
    if finds:
        lifecycle.record_found(held, [FLAW])
    lifecycle.end_run(held, ending, cause)


def statuses_in_log(analysis: Analysis) -> list[str]:
    """The analysis's own statuses as the activity log tells them, oldest first."""
    own = Activity.objects.filter(analysis=analysis, scan_occurrence=None).exclude(new_status="")
    return list(own.order_by("pk").values_list("new_status", flat=True))


def let_pass(time_machine, seconds: float) -> None:
    """Move the clock on."""
    time_machine.move_to(timezone.now() + timedelta(seconds=seconds))


def published(owner: User, *urls: str, flaws: tuple[FoundFlaw, ...] = (FLAW,), **fields) -> Analysis:
    """An analysis whose results are available."""
    analysis, _, claims = running(owner, *urls, **fields)
    for held in claims:
        lifecycle.record_found(held, flaws)
        lifecycle.end_run(held, Ending.COMPLETED)
        lifecycle.publish(held)
    analysis.refresh_from_db()
    return analysis


def many_analyses(owner: User, number: int) -> None:
    """Rows for the list, quickly: statuses without occurrences."""
    values = AnalysisStatus.values
    Analysis.objects.bulk_create(
        Analysis(name=f"Analysis {n:05}", owner=owner, status=values[n % len(values)], scan_count=n % 7)
        for n in range(number)
    )

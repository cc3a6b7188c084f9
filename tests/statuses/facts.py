"""What must be true in a status, whichever it is."""

from collections import Counter

from django.test import Client
from django.utils.html import escape

from analyses.actions import Action, Situation, refusal
from analyses.models import (
    Activity,
    Analysis,
    AnalysisOccurrence,
    Finding,
    FindingInstance,
    Scan,
    ScanOccurrence,
)
from analyses.statuses import ANALYSIS, ANALYSIS_LIVE, SCAN, AnalysisStatus, ScanStatus
from notifications.models import OutgoingMail
from tests.statuses.reading import Page
from tests.words.german import german, stored_without_german

_STORED = (Analysis, Scan, AnalysisOccurrence, ScanOccurrence, Finding, FindingInstance, Activity, OutgoingMail)


def assert_analysis_is_stored_as(status: AnalysisStatus, analysis: Analysis) -> None:
    """On the analysis and on its latest run; the log folds to it."""
    analysis.refresh_from_db()
    assert analysis.status == status
    run = analysis.occurrences.order_by("-number").first()
    assert run is None or run.status == status
    _assert_log_folds_to(status.label, analysis.activity.filter(scan_occurrence=None))


def assert_scan_is_stored_as(status: ScanStatus, scan: ScanOccurrence) -> None:
    """And the log of the scan folds to it."""
    assert scan.status == status
    _assert_log_folds_to(status.label, scan.activity.all())


def _assert_log_folds_to(label: str, entries) -> None:
    """The last move led here, and each began where the one before it had ended."""
    moves = list(entries.exclude(new_status="").order_by("pk").values_list("old_status", "new_status"))
    assert moves[-1][1] == label
    assert [old for old, _ in moves[1:]] == [new for _, new in moves[:-1]]


def assert_page_says(status: AnalysisStatus, analysis: Analysis, page: Page) -> None:
    """Its exact name, what it means and what to do; the warning of one is an icon."""
    warns = status is AnalysisStatus.IN_PROGRESS_WARNING
    assert page.badge(f"status-{analysis.pk}") == ("In Progress" if warns else status.label, warns)
    [said] = page.of_class("analysis-status")
    assert str(ANALYSIS[status].meaning) in said.words()
    [advice] = said.of_class("analysis-status__advice")
    assert advice.words() == ANALYSIS[status].advice


def assert_details_say(status: ScanStatus, cause: str, advice: str, page: Page) -> None:
    """What it means, its cause, and what to do: the prescan's own advice where there is one."""
    [head] = page.of_class("scan-head")
    assert str(SCAN[status].meaning) in head.words()
    assert cause in head.words(), head.words()
    assert str(advice or SCAN[status].advice) in " ".join(step.words() for step in head.of_class("next-step")), (
        head.words()
    )


def assert_it_can_be_read_in_german(client: Client, address: str, cause: str = "") -> None:
    """Nothing that is stored for people is there in English only, and the page says the cause in German."""
    assert stored_without_german() == []
    client.cookies["django_language"] = "de"
    assert escape(german(cause)) in client.get(address).content.decode()
    del client.cookies["django_language"]


def assert_filter_finds(status: AnalysisStatus, analysis: Analysis, client: Client) -> None:
    """Under its own status, and under no other."""
    row = f'id="analysis-{analysis.pk}"'
    found = [asked for asked in AnalysisStatus if row in client.get("/", {"status": asked}).content.decode()]
    assert found == [status]


def assert_log_tells(what: str, cause: str, page: Page) -> None:
    assert [why for told, why in page.log() if told == what and cause in why], page.log()


def assert_offers(actions: frozenset[str], analysis: Analysis, page: Page) -> None:
    """These can be pressed, and what depends on no status; every other says why not.

    That is Duplicate and View history in any case, Export results where it has some, Delete once everything has ended.
    """
    analysis.refresh_from_db()
    run = analysis.occurrences.order_by("-number").first()
    is_over = run is None or (run.ended_at is not None and run.status not in ANALYSIS_LIVE)
    others = {"duplicate": True, "history": True, "export": analysis.finding_count > 0, "delete-analysis": is_over}
    assert page.actions() == actions | {name for name, is_possible in others.items() if is_possible}
    status, situation = AnalysisStatus(analysis.status), run.situation if run else Situation()
    reasons = {action.value: refusal(action, status, situation) for action in Action}
    assert page.reasons() == {action: reason for action, reason in reasons.items() if reason}


def assert_mails_are(mails: frozenset[tuple[str, str]], analysis: Analysis) -> None:
    """Each of these, by event and recipient, once; and no other about the analysis."""
    about = OutgoingMail.objects.filter(text__contains=f"/analyses/{analysis.pk}/")
    assert Counter(about.values_list("event", "to")) == Counter(mails)


def everything() -> list[list[dict]]:
    """All that is stored of analyses, their runs and results, the log and the mails: for before and after."""
    return [list(model.objects.order_by("pk").values()) for model in _STORED]

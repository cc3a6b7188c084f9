"""docs/lifecycle.md is what the code says: its text, its names, and every move in its diagrams."""

import re
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from analyses.management.commands.print_lifecycle import left_out_of_analyses, left_out_of_scans
from analyses.moves import ANALYSIS_MOVES, SCAN_MOVES
from analyses.statuses import AnalysisStatus, ScanStatus

DOCUMENT = settings.BASE_DIR / "docs" / "lifecycle.md"


def diagrams() -> list[str]:
    return re.findall(r"```mermaid\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)


def drawn(diagram: str) -> set[tuple[str, str]]:
    """The moves a diagram shows; a line to a point goes on to everything the point leads to."""
    lines = set(re.findall(r"^    (\w+) --> (\w+)$", diagram, re.MULTILINE))
    points = set(re.findall(r"state (\w+) <<choice>>", diagram))
    straight = {(source, target) for source, target in lines if not {source, target} & points}
    through = {
        (source, target) for source, point in lines for start, target in lines if point in points and start == point
    }
    return straight | through


def test_the_document_is_what_the_command_prints():
    printed = StringIO()
    call_command("print_lifecycle", stdout=printed)
    assert DOCUMENT.read_text() == printed.getvalue(), "Write it anew: manage.py print_lifecycle > docs/lifecycle.md"


@pytest.mark.parametrize(
    ("number", "moves", "spoken_of"),
    [(0, ANALYSIS_MOVES, left_out_of_analyses()), (1, SCAN_MOVES, left_out_of_scans())],
    ids=["analyses", "scans"],
)
def test_the_diagrams_show_every_move_that_is_not_only_spoken_of(number, moves, spoken_of):
    every = {(str(source), str(target)) for source, targets in moves.items() for target in targets}
    assert drawn(diagrams()[number]) == every - spoken_of


def test_every_status_has_a_row_in_its_table():
    first, second = DOCUMENT.read_text().split("## The 30 statuses of a scan")
    for text, statuses in ((first, AnalysisStatus), (second, ScanStatus)):
        named = re.findall(r"^\| \*\*(.+?)\*\* \|", text.split("```mermaid")[0], re.MULTILINE)
        assert named == statuses.labels

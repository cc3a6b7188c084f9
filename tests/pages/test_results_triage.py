"""Judging findings on the results page."""

import re

import pytest

from analyses.finding_filters import Wanted
from analyses.models import Finding, Judgement
from tests.configure.pages import text_of
from tests.results.runs import HEADER, SQL, XSS, found, run
from tests.scene import an_analysis, published

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
HOSTILE = "<script>alert('from a colleague')</script>"


@pytest.fixture
def analysis(alice, team):
    """One run that found three flaws; Alice's team sees it."""
    analysis = an_analysis(alice)
    analysis.teams.add(team)
    run(analysis, alice, found(SQL, XSS, HEADER))
    return analysis


def pk_of(flaw) -> int:
    return Finding.objects.get(category=flaw.category).pk


def post(client, analysis, state: str, *flaws, query: str = "", **fields):
    data = {"state": state, "finding": [pk_of(flaw) for flaw in flaws], **fields}
    return client.post(f"/analyses/{analysis.pk}/results/{query}", data)


def states() -> dict[str, str]:
    return {finding.category.split()[0]: finding.state for finding in Finding.objects.all()}


def test_a_team_mate_judges_a_finding_and_everybody_reads_it(as_alice, as_bob, analysis):
    answer = post(as_bob, analysis, "confirmed", SQL, comment=HOSTILE)
    assert answer.url == f"/analyses/{analysis.pk}/results/"
    assert states() == {"SQL": "confirmed", "Reflected": "open", "HTTP": "open"}
    page = as_alice.get(answer.url)
    assert "bob Open → Confirmed: " in text_of(page)
    assert HOSTILE in text_of(page)
    assert HOSTILE not in page.content.decode()


def test_several_at_once_with_one_comment(as_alice, analysis):
    page = as_alice.get(post(as_alice, analysis, "accepted", SQL, XSS, comment="Until May.").url)
    assert "2 findings: Accepted risk." in text_of(page)
    assert states() == {"SQL": "accepted", "Reflected": "accepted", "HTTP": "open"}
    assert set(Judgement.objects.values_list("comment", flat=True)) == {"Until May."}


def test_all_that_the_filters_leave(as_alice, analysis):
    answer = post(as_alice, analysis, "fixed", query="?severity=critical&v=9", every="on")
    assert answer.url == f"/analyses/{analysis.pk}/results/?severity=critical"
    assert states() == {"SQL": "fixed", "Reflected": "open", "HTTP": "open"}


@pytest.mark.parametrize("state", ["false_positive", "accepted"])
def test_a_dismissal_without_a_reason_is_refused_at_its_field(as_alice, analysis, state):
    page = post(as_alice, analysis, state, SQL, query="?severity=critical")
    assert page.status_code == 200
    assert "Say why" in text_of(page)
    assert states()["SQL"] == "open"
    text = page.content.decode()
    assert f'<option value="{state}" selected>' in text  # what was chosen is still there
    assert f'id="finding-{pk_of(SQL)}" open' in text
    assert f'id="finding-{pk_of(XSS)}"' not in text  # and so are the filters


def test_a_bulk_form_with_mistakes_keeps_what_was_selected_and_typed(as_alice, analysis):
    page = post(as_alice, analysis, "", SQL, XSS, comment="Typed.")
    text = page.content.decode()
    assert "Choose what it is." in text
    assert 'value="Typed."' in text
    assert re.findall(r'name="finding" value="(\d+)"[^>]* checked>', text) == [str(pk_of(SQL)), str(pk_of(XSS))]


@pytest.mark.parametrize(
    "data",
    [
        {"state": "reopened", "finding": "1"},
        {"state": "unheard-of", "finding": "1"},
        {"state": "fixed"},
        {"state": "fixed", "finding": ["x", "²", "9" * 40, "-1"]},
        {"state": "fixed", "finding": "1", "comment": "x" * 2001},
        {},
    ],
)
def test_what_cannot_be_meant_changes_nothing(as_alice, analysis, data):
    assert as_alice.post(f"/analyses/{analysis.pk}/results/", data).status_code == 200
    assert not Judgement.objects.exists()


def test_a_stranger_judges_nothing(as_charlie, analysis):
    assert post(as_charlie, analysis, "fixed", SQL).status_code == 404
    assert states()["SQL"] == "open"


def test_findings_of_an_analysis_that_one_may_not_see_cannot_be_smuggled_in(as_bob, alice, analysis):
    hidden = published(alice, name="Hidden")
    theirs = Finding.objects.get(analysis=hidden)
    as_bob.post(f"/analyses/{analysis.pk}/results/", {"state": "fixed", "finding": theirs.pk})
    theirs.refresh_from_db()
    assert theirs.state == "open"


def test_htmx_gets_the_live_part_with_the_message(as_alice, analysis):
    data = {"state": "confirmed", "finding": pk_of(SQL)}
    answer = as_alice.post(f"/analyses/{analysis.pk}/results/", data, headers=HTMX, follow=True)
    text = answer.content.decode()
    assert "<html" not in text
    assert "1 finding: Confirmed." in text


def test_nothing_new_says_so(as_alice, analysis):
    post(as_alice, analysis, "confirmed", SQL)
    assert "Nothing has changed" in text_of(as_alice.get(post(as_alice, analysis, "confirmed", SQL).url))


def test_what_was_reopened_says_so(as_alice, alice, analysis):
    post(as_alice, analysis, "fixed", SQL)
    run(analysis, alice, found(SQL))
    text = text_of(as_alice.get(f"/analyses/{analysis.pk}/results/"))
    assert "system Fixed → Reopened: It was seen again after it had been fixed." in text


def test_a_filter_cannot_be_left_out_of_what_an_address_reads():
    assert Wanted.read({"severity": "worst", "state": "x", "change": "y", "scan": "²", "finding": "-1"}) == Wanted()

"""A poll is answered with what is not on the page already: the other parts come back empty, and are left alone."""

import re

import pytest
from django.http import HttpResponse
from django.template import Context, Template, TemplateSyntaxError
from django.test import Client
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import CrawledPage, FoundFlaw, Phase, Progress, Severity
from analyses.lifecycle import Claim, notices
from analyses.lifecycle.writing import change
from analyses.models import Activity, Analysis
from tests.scene import many_analyses, running

pytestmark = pytest.mark.django_db
PART = re.compile(r'id="([^"]+)" data-part="(\w+)"')
SAME = re.compile(r'<([a-z]+) id="([^"]+)" data-same></\1>')


@pytest.fixture
def at_work(alice, settings) -> tuple[Analysis, Claim]:
    """A run that has a lot to show, of which one scan is at work."""
    settings.SCAN_CAPACITY = 1
    analysis, _, [held] = running(alice, *(f"http://shop-{n}.test/" for n in range(20)))
    for number in range(40):
        note(analysis, f"Entry {number}", cause="Told in a line, as causes are.")
    lifecycle.record_found(held, [flaw(number) for number in range(20)])
    lifecycle.record_crawled(held, [CrawledPage("GET", f"http://shop-0.test/{number}", 200) for number in range(100)])
    many_analyses(analysis.owner, 20)
    return analysis, held


def flaw(number: int) -> FoundFlaw:
    said = {"request": "GET / HTTP/1.1\r\n" * 20, "response": "<p>" * 200}
    return FoundFlaw("SQL Injection", Severity.CRITICAL, "GET", f"http://shop-0.test/{number}?id=1", "id", **said)


def note(analysis: Analysis, action: str, cause: str = "", key: str = "") -> None:
    with change(analysis.occurrences.latest("pk").pk) as opened:
        opened.note(action, cause=cause, key=key)


def address(where: str, analysis: Analysis, held: Claim) -> str:
    home = f"/analyses/{analysis.pk}/"
    pages = {"list": "/", "summary": home, "scan details": f"{home}scans/{held.scan_id}/", "results": f"{home}results/"}
    return pages[where]


class Window:
    """A page that was opened, and polls as its script does (static/js/live.js)."""

    def __init__(self, client: Client, address: str):
        self.client = client
        self._take(client.get(address))

    def _take(self, answer: HttpResponse) -> None:
        text = answer.content.decode()
        self.parts = dict(PART.findall(text))
        self.next = re.search(r' hx-get="([^"]+)"', text)[1].replace("&amp;", "&")

    def poll(self, *, says: bool = True) -> str:
        shown = {"X-Parts": ".".join(self.parts.values())} if says else {}
        return self.client.get(self.next, headers={"HX-Request": "true", **shown}).content.decode()


@pytest.mark.parametrize("where", ["list", "summary", "scan details", "results"])
def test_a_poll_is_answered_with_a_fraction_of_the_page_where_little_has_changed(as_alice, at_work, where):
    window = Window(as_alice, address(where, *at_work))
    lifecycle.heartbeat(at_work[1], Progress(Phase.ATTACKING, 7, 50, 100))
    whole, sent = window.poll(says=False), window.poll()
    assert len(sent) < len(whole) / 4
    assert (
        dict(PART.findall(sent)).keys() | {part for _, part in SAME.findall(sent)} == dict(PART.findall(whole)).keys()
    )


def test_it_is_sent_the_rows_that_have_changed_and_no_others(as_alice, at_work):
    analysis, held = at_work
    window = Window(as_alice, address("summary", *at_work))
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 7, 50, 100))
    note(analysis, "Something new")
    sent, newest = dict(PART.findall(window.poll())), Activity.objects.latest("pk")
    assert {part for part in sent if part.startswith(("scan-", "entry-"))} == {
        f"scan-{held.scan_id}",
        f"entry-{newest.pk}",
    }
    assert not sent.keys() & {"log-head", "log-tools", "page-header"}


def test_whoever_says_nothing_of_what_they_show_is_sent_everything(as_alice, at_work):
    window = Window(as_alice, address("summary", *at_work))
    lifecycle.heartbeat(at_work[1], Progress(Phase.ATTACKING, 7, 50, 100))
    assert SAME.findall(window.poll(says=False)) == []


def test_a_page_is_whole_whatever_is_said_of_its_parts(as_alice, at_work):
    here = address("summary", *at_work)
    parts = Window(as_alice, here).parts.values()
    assert "data-same" not in as_alice.get(here, headers={"X-Parts": ".".join(parts)}).content.decode()


def test_parts_with_forms_are_the_same_while_only_their_tokens_differ(as_alice, at_work, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    here = address("summary", *at_work)
    first, second = (as_alice.get(here).content.decode() for _ in range(2))
    tokens = [re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', text) for text in (first, second)]
    assert tokens[0] != tokens[1]
    assert PART.findall(first) == PART.findall(second)


@pytest.mark.parametrize("content", ["words", "<p>no id</p>", '<p>no id</p><p id="second"></p>'])
def test_a_part_is_one_element_with_an_id(content):
    with pytest.raises(TemplateSyntaxError):
        Template(f"{{% part %}}{content}{{% endpart %}}").render(Context())


def test_no_part_has_the_id_of_another(as_alice, at_work):
    for where in ("list", "summary", "scan details", "results"):
        ids = [part for part, _ in PART.findall(as_alice.get(address(where, *at_work)).content.decode())]
        assert len(ids) == len(set(ids)) > 2


class TestTheLog:
    def test_what_has_come_since_the_page_was_opened_is_marked_as_new_and_stays_so(self, as_alice, at_work):
        analysis, _ = at_work
        window = Window(as_alice, address("summary", *at_work))
        for number in range(2):
            note(analysis, f"Later {number}")
            sent = window.poll()
            assert sent.count('class="log__new"') == 1  # the earlier one is on the page already
            window.parts |= dict(PART.findall(sent))
            window.next = re.search(r' hx-get="([^"]+)"', sent)[1].replace("&amp;", "&")
        window.next = re.sub(r"\bv=[^&]+", "v=", window.next)  # as one that has missed everything
        rows = re.findall(r'<tr id="entry-\d+"[^>]* class="log__new">.*?</tr>', window.poll(says=False), re.DOTALL)
        assert ["Later 1" in rows[0], "Later 0" in rows[1], len(rows)] == [True, True, 2]
        assert all('<span class="log__mark">new</span>' in row for row in rows)

    def test_nothing_is_new_on_a_page_that_was_just_opened(self, as_alice, at_work):
        page = as_alice.get(address("summary", *at_work), {"shown": "1"}).content.decode()
        assert "log__new" not in page

    def test_where_nothing_stood_all_that_comes_is_new(self, as_alice, alice):
        analysis, _, _ = running(alice)
        window = Window(as_alice, f"/analyses/{analysis.pk}/?kind=notices")
        note(analysis, "The first", key=f"{notices.KEY}1")
        assert window.poll().count('class="log__new"') == 1

    def test_an_entry_that_repeats_keeps_its_place(self, as_alice, at_work):
        analysis, _ = at_work
        note(analysis, "No progress")
        first = Activity.objects.latest("pk")
        window = Window(as_alice, address("summary", *at_work))
        assert f"entry-{first.pk}" in window.parts
        note(analysis, "No progress")
        sent = window.poll()
        assert f'<tr id="entry-{first.pk}"' in sent
        assert "×2, first" in sent

    def test_readers_are_told_once_of_what_changes(self, as_alice, at_work):
        page = as_alice.get(address("summary", *at_work)).content.decode()
        assert '<div role="log" aria-live="off" aria-labelledby="log-title">' in page

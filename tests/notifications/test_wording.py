"""What the mails say, and what hostile words cannot make them say."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from notifications.kinds import BY_EVENT
from notifications.samples import SAMPLES, sample
from notifications.wording import one_line, word
from tests.notifications.conftest import PRESCAN

PUBLISHED = {
    "analysis_name": "Shop",
    "path": "/analyses/7/results/",
    "occurrence_number": 2,
    "status": "Completed - Results Available",
    "partial": False,
    "why_partial": "",
    "severities": [("critical", 1), ("high", 2), ("medium", 0), ("low", 0), ("info", 0)],
    "total": 3,
    "new_count": 2,
    "gone_count": 1,
    "open_count": 3,
    "by_severity": [
        {"severity": "critical", "found": 1, "new": 1, "open": 1, "gone": 0},
        {"severity": "high", "found": 2, "new": 1, "open": 2, "gone": 0},
        {"severity": "medium", "found": 0, "new": 0, "open": 0, "gone": 1},
        {"severity": "low", "found": 0, "new": 0, "open": 0, "gone": 0},
    ],
    "targets": ["https://shop.example.test/?key=secret", "https://api.example.test/"],
    "more_targets": 0,
    "schedule": "Daily at 02:05 Europe/Berlin",
    "next_run": datetime(2026, 11, 25, 1, 5, tzinfo=UTC),
    "started": datetime(2026, 11, 24, 0, 21, tzinfo=UTC),
    "ended": datetime(2026, 11, 24, 2, 35, tzinfo=UTC),
    "seconds": 8040.0,
}
ENDED = {**PRESCAN, "failures": 3, "status": "All Verifications Failed"}
HELD = {name: PUBLISHED[name] for name in ("analysis_name", "path", "occurrence_number", "total")} | {
    "status": "Completed - Verifying Results"
}
EVENTS = {
    "prescan_succeeded": PRESCAN,
    "prescan_failed": PRESCAN,
    "results_published": PUBLISHED,
    "results_held": HELD,
    "schedule_ended": ENDED,
}


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://vedette.example.test"


@pytest.mark.parametrize(
    ("event", "facts", "subject"),
    [
        ("prescan_succeeded", {"scan_count": 1}, "Prescan succeeded: Shop (1 scan)"),
        ("prescan_succeeded", {"scan_count": 5}, "Prescan succeeded: Shop (5 scans)"),
        ("prescan_failed", {"scan_count": 1}, "Prescan failed: Shop (1 of 1 scan)"),
        ("prescan_failed", {"scan_count": 5, "failed_count": 2}, "Prescan failed: Shop (2 of 5 scans)"),
        ("results_published", {}, "Results published: Shop (3 findings)"),
        ("results_published", {"total": 1}, "Results published: Shop (1 finding)"),
        ("results_published", {"total": 0}, "Results published: Shop (no findings)"),
        ("results_published", {"partial": True}, "Partial results published: Shop (3 findings)"),
        ("results_held", {}, "Results wait for review: Shop (3 findings)"),
        ("results_held", {"total": 0}, "Results wait for review: Shop (no findings)"),
        ("schedule_ended", {}, "Schedule ended: Shop (3 runs in a row failed)"),
        ("schedule_ended", {"failures": 1}, "Schedule ended: Shop (its last run failed)"),
    ],
)
def test_the_subject_says_what_happened(event, facts, subject):
    assert word(event, {**EVENTS[event], **facts}).subject == subject


@pytest.mark.parametrize("event", EVENTS)
def test_every_mail_has_one_button_and_loads_nothing(event):
    words = word(event, EVENTS[event], "Alice Archer")
    assert words.html.count(f'href="https://vedette.example.test{EVENTS[event]["path"]}"') == 1
    assert f"https://vedette.example.test{EVENTS[event]['path']}\n" in words.text
    assert "Hello Alice Archer," in words.text
    assert "Hello Alice Archer," in words.html
    for loaded in ("src=", "<img", "<link", "<script", "url("):
        assert loaded not in words.html


@pytest.mark.parametrize("event", EVENTS)
def test_styles_are_on_the_elements_and_dark_ones_stay(event):
    html = word(event, EVENTS[event]).html
    assert '<h1 style="' in html
    assert "prefers-color-scheme: dark" in html


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (0, "there is nothing left that can be scanned"),
        (1, "goes on with the one that passed"),
        (3, "goes on with the 3 that passed"),
    ],
)
def test_a_failed_prescan_says_whether_the_analysis_goes_on(passed, expected):
    words = word("prescan_failed", {**PRESCAN, "passed_count": passed})
    assert expected in words.text
    assert expected in " ".join(words.html.split())


@pytest.mark.parametrize("event", ["prescan_succeeded", "prescan_failed"])
def test_what_was_to_be_prescanned_only_is_not_said_to_start(event):
    words = word(event, {**PRESCAN, "passed_count": 2, "prescan_only": True})
    for said in (words.text, " ".join(words.html.split())):
        assert "It was to be prescanned only, so nothing is scanned." in said
        assert "starts" not in said
        assert "goes on" not in said


def test_a_failed_prescan_lists_status_cause_and_advice_of_each_scan():
    words = word("prescan_failed", PRESCAN)
    for said in ("https://shop.example.test/", "Connection Error", "The connection was refused.", "Check the address."):
        assert said in words.text
        assert said in words.html


def test_of_very_many_scans_the_first_are_listed_and_the_rest_counted():
    words = word("prescan_failed", {**PRESCAN, "scans": PRESCAN["scans"] * 1000})
    assert "50. https" in words.text
    assert "51. https" not in words.text
    assert "And 950 more" in words.text
    assert "And 950 more" in words.html
    assert len(words.html) < 100_000  # mail programs cut what is longer


def test_published_results_are_counted_by_severity_and_compared():
    words = word("results_published", PUBLISHED)
    assert "3 findings, 3 open:\n- Critical: 1 (1 new, 1 open, 0 not found again)\n- High: 2 (1 new, 2" in words.text
    assert "- Medium: 0 (0 new, 0 open, 1 not found again)\n\n" in words.text
    assert "Low" not in words.text
    (numbers,) = re.findall(r"<table class=\"rows numbers\".*?</table>", words.html, re.DOTALL)
    assert re.findall(r">\s*([^<>\s][^<>]*?)\s*<", numbers) == [
        "Severity", "New", "Open", "Not found again", "Critical", "1", "1", "0", "High", "1", "2", "0",
        "Medium", "0", "0", "1",
    ]  # fmt: skip
    assert "2 new, 1 not found again" in words.text
    assert "24 Nov 2026, 00:21 to 02:35 UTC" in words.text
    assert "2 of them new" in words.html


def test_times_are_on_the_readers_clocks_and_say_so():
    words = word("results_published", PUBLISHED, zone=ZoneInfo("Asia/Tokyo"))
    assert "Scanned: 24 Nov 2026, 09:21 to 11:35 Asia/Tokyo, 2 hours 14 minutes" in words.text
    assert "24 Nov 2026, 09:21 to 11:35 (Asia/Tokyo), 2 hours 14 minutes" in words.html


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 minute"), (3600, "1 hour"), (8040, "2 hours 14 minutes"), (90_000, "1 day 1 hour"), (172_800, "2 days")],
)
def test_how_long_it_was_is_said_as_people_do(seconds, said):
    assert f" UTC, {said}\n" in word("results_published", {**PUBLISHED, "seconds": seconds}).text


@pytest.mark.parametrize("event", ["prescan_failed", "schedule_ended"])
def test_the_first_lines_say_why_and_the_link_comes_before_the_details(event):
    words = word(event, EVENTS[event])
    why = "Connection Error: The connection was refused."
    assert words.text.index(f"Why: {why}") < words.text.index("https://vedette") < words.text.index("1. https://shop")
    assert words.html.index(why) < words.html.index("https://vedette") < words.html.index("https://shop")
    other = {**PRESCAN["scans"][0], "cause": "Nobody is at home."}
    mixed = word(event, {**EVENTS[event], "scans": [*PRESCAN["scans"], other]}).text
    assert f"Why: {why} The others failed otherwise: see below.\n" in mixed


@pytest.mark.parametrize("event", SAMPLES)
def test_the_text_part_is_plain_text(event):
    """Spaces that are none break searching and quoting; lines of markup break reading."""
    text = sample(event).text
    assert [letter for letter in text if letter.isspace() and letter not in " \n"] == []
    assert not re.search(r"&\w+;|</?\w+>|\n\n\n| \n", text)


def test_a_time_is_in_utc_whatever_the_writers_zone():
    with timezone.override("Asia/Tokyo"):
        assert "24 Nov 2026, 00:21 to 02:35 UTC" in word("results_published", PUBLISHED).text


def test_partial_results_say_why():
    why = "2 of 5 scans failed or ended early."
    words = word("results_published", {**PUBLISHED, "partial": True, "why_partial": why})
    assert why in words.text
    assert why in words.html


def test_the_first_occurrence_is_compared_with_nothing():
    rows = [{**row, "new": None, "gone": None} for row in PUBLISHED["by_severity"]]
    facts = {**PUBLISHED, "by_severity": rows, "new_count": None, "gone_count": None}
    words = word("results_published", facts)
    assert "None" not in words.text + words.html
    assert "- High: 2 (2 open)\n" in words.text
    assert "Not found again" not in words.html
    assert "no earlier results" in words.text


def test_published_results_name_targets_schedule_and_the_next_run_on_the_readers_clocks():
    words = word("results_published", {**PUBLISHED, "more_targets": 7}, zone=ZoneInfo("Asia/Tokyo"))
    for said in (words.text, " ".join(words.html.split())):
        assert "https://shop.example.test/?…" in said
        assert "secret" not in said
        assert "And 7 more, on the page of the analysis." in said
        assert "Daily at 02:05 Europe/Berlin" in said
        assert "Next run: Wed 25 Nov 2026, 10:05 (Asia/Tokyo)" in said
        assert said.index("https://vedette.example.test/analyses/7/") < said.index("Next run")
    over = word("results_published", {**PUBLISHED, "next_run": None}).text
    assert "Schedule: Daily at 02:05 Europe/Berlin\nNo more runs follow.\n" in over
    once = word("results_published", {**PUBLISHED, "schedule": "", "next_run": None})
    assert "Schedule" not in once.text + once.html


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "Judge what is open"),
        ({"open_count": 0}, "There is nothing to do."),
        ({"open_count": 0, "partial": True}, "Scan Details shows what failed or ended early: correct it"),
        ({"partial": True}, "then submit again. Judge what is open"),
    ],
)
def test_published_results_say_what_to_do_next(facts, said):
    words = word("results_published", {**PUBLISHED, **facts})
    for part in (words.text, " ".join(words.html.split())):
        assert said in part
        assert part.index("What to do next:") < part.index("Targets")
        assert "nothing to do" not in part or facts == {"open_count": 0}


@pytest.mark.parametrize("event", EVENTS)
def test_without_details_a_mail_says_its_kind_and_holds_a_link_and_nothing_else(event, settings):
    """Not even which analysis it is: names tell of systems."""
    settings.NOTIFY_WITHOUT_DETAILS = True
    words = word(event, EVENTS[event], "Alice Archer")
    label = str(BY_EVENT[event].label)
    assert words.subject == label
    told = words.text + words.html
    for secret in ("Shop", "shop.example.test", "Connection", "refused", "Completed", "occurrence", "Occurrence"):
        assert secret not in told
    rest = told.replace(EVENTS[event]["path"], "").replace("Alice Archer", "")
    assert not re.search(r"\d", re.sub(r"<style.*?</style>|<[^>]*>|https?://\S+", "", rest, flags=re.DOTALL))
    assert f"https://vedette.example.test{EVENTS[event]['path']}\n" in words.text
    assert word(event, EVENTS[event], language="de").subject != label


def test_hostile_words_are_text_in_html_and_untouched_in_text():
    hostile = "<script>alert(1)</script>&\"'"
    scans = [{"url": f"https://shop.example.test/{hostile}", "status": hostile, "cause": hostile, "advice": hostile}]
    words = word("prescan_failed", {**PRESCAN, "analysis_name": hostile, "scans": scans}, hostile)
    assert "<script>" not in words.html
    assert words.html.count("&lt;script&gt;alert(1)") == 9  # title, heading, greeting, twice why, and four in the list
    assert f"Hello {hostile}," in words.text
    assert f"Status: {hostile}" in words.text


def test_hostile_words_stay_on_their_line():
    scans = [
        {**PRESCAN["scans"][0], "cause": "no\r\n\r\nSign in here:\nhttps://evil.example.test\u2028\x00\x1b[2J\u202e"}
    ]
    words = word("prescan_failed", {**PRESCAN, "scans": scans})
    assert "Cause: no Sign in here: https://evil.example.test [2J\n" in words.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example.test/a?token=secret", "https://shop.example.test/a?…"),
        ("https://shop.example.test/a#secret?x", "https://shop.example.test/a#…"),
        ("https://user:secret@shop.example.test/a@b", "https://shop.example.test/a@b"),
        ("https://shop.example.test/a@b", "https://shop.example.test/a@b"),
    ],
)
def test_addresses_are_shown_without_what_may_be_secret(url, shown):
    words = word("prescan_failed", {**PRESCAN, "scans": [{**PRESCAN["scans"][0], "url": url}]})
    assert f"1. {shown}\n" in words.text
    assert f">{shown}<" in words.html
    assert "secret" not in words.text + words.html


def test_one_line_keeps_ordinary_letters_of_every_script():
    assert one_line("  Ünïcode 店 \t🛒\n") == "Ünïcode 店 🛒"

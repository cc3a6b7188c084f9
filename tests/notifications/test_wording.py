"""What the mails say, and what hostile words cannot make them say."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from notifications.wording import one_line, word
from tests.notifications.conftest import PRESCAN

PUBLISHED = {
    "analysis_name": "Shop",
    "path": "/analyses/7/results/",
    "occurrence_number": 2,
    "status": "Completed - Results Available",
    "partial": False,
    "why_partial": "",
    "severities": [("Critical", 1), ("High", 2), ("Medium", 0), ("Low", 0), ("Info", 0)],
    "total": 3,
    "new_count": 2,
    "gone_count": 1,
    "ended": datetime(2026, 11, 24, 2, 35, tzinfo=UTC),
}
EVENTS = {"prescan_succeeded": PRESCAN, "prescan_failed": PRESCAN, "results_published": PUBLISHED}


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
    assert "- Critical: 1\n- High: 2\n\n" in words.text
    assert "2 new, 1 not found again" in words.text
    assert "24 November 2026, 02:35 UTC" in words.text
    assert "2 of them new" in words.html


def test_a_time_is_in_utc_whatever_the_writers_zone():
    with timezone.override("Asia/Tokyo"):
        assert "24 November 2026, 02:35 UTC" in word("results_published", PUBLISHED).text


def test_partial_results_say_why():
    why = "2 of 5 scans failed or ended early."
    words = word("results_published", {**PUBLISHED, "partial": True, "why_partial": why})
    assert why in words.text
    assert why in words.html


def test_the_first_occurrence_is_compared_with_nothing():
    words = word("results_published", {**PUBLISHED, "new_count": None, "gone_count": None})
    assert "None" not in words.text + words.html
    assert "no earlier results" in words.text


def test_hostile_words_are_text_in_html_and_untouched_in_text():
    hostile = "<script>alert(1)</script>&\"'"
    scans = [{"url": f"https://shop.example.test/{hostile}", "status": hostile, "cause": hostile, "advice": hostile}]
    words = word("prescan_failed", {**PRESCAN, "analysis_name": hostile, "scans": scans}, hostile)
    assert "<script>" not in words.html
    assert words.html.count("&lt;script&gt;alert(1)") == 7  # title, heading, greeting, and four in the list
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

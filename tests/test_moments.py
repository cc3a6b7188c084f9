"""Days and moments are written one way, and what is to come, above all what ends then, with its weekday."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.utils import timezone, translation

from analyses import lifecycle
from analyses.lifecycle.times_in_words import in_utc
from dashboard.moments import coming_in_words, day_in_words, day_spelled_out, moment_in_words
from tests.configure.pages import text_of
from tests.scene import ends, running

EVENING = datetime(2026, 9, 7, 20, 0, 5, tzinfo=UTC)  # a Monday; 22:00 in Berlin
# The letters that templates may give to Django's own filters: what machines read, hours, and names of months.
FOR_MACHINES, OF_CALENDARS = {"c", "Y-m-d", "Y-m"}, {"F", "F Y", "H:i"}


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["7 Sep 2026", "Mon 7 Sep 2026", "Monday, 7 September 2026", "Mon 7 Sep 2026, 22:00 (Europe/Berlin)"]),
        (
            "de",
            [
                "7. Sep 2026",
                "Mo, 7. Sep 2026",
                "Montag, 7. September 2026",
                "Mo, 7. Sep 2026, 22:00 (Europe/Berlin)",
            ],
        ),
    ],
)
def test_a_day_is_written_one_way_in_each_language(language, shown):
    day = date(2026, 9, 7)
    with translation.override(language), timezone.override("Europe/Berlin"):
        said = [day_in_words(day), day_in_words(day, weekday=True), day_spelled_out(day), coming_in_words(EVENING)]
    assert said == shown


def test_a_moment_is_that_of_the_clocks_it_is_told_on():
    with timezone.override("Asia/Tokyo"):
        assert moment_in_words(EVENING) == "8 Sep 2026, 05:00"
        assert moment_in_words(EVENING, "Europe/Berlin", seconds=True) == "7 Sep 2026, 22:00:05"
        assert in_utc(EVENING) == "7 Sep 2026, 20:00 UTC"


def test_what_is_to_come_says_its_weekday_to_whoever_looks_and_all_of_it_in_the_title():
    with timezone.override("Europe/Berlin"):
        shown = Template('{% when at "coming" %}').render(Context({"at": EVENING}))
    title = "Monday, 7 September 2026, 22:00:05 CEST"
    assert shown == f'<time datetime="2026-09-07T22:00:05+02:00" title="{title}">Mon 7 Sep 2026, 22:00</time>'


@pytest.mark.django_db
def test_deadlines_and_expiries_are_exact_with_their_weekday_on_every_page(alice):
    analysis, occurrence, [held] = running(alice, duration=timedelta(hours=30))
    occurrence.refresh_from_db()
    client = Client()
    client.force_login(alice)
    ending, summary = moment_in_words(occurrence.deadline, weekday=True), f"/analyses/{analysis.pk}/"
    for page in ("/", summary, f"{summary}scans/{held.scan_id}/", "/queue/"):
        assert ending in text_of(client.get(page)), page
    lifecycle.stop(analysis, alice, keep=False)
    ends(held)
    until = moment_in_words(occurrence.deletion.until, weekday=True)
    assert f"Until {until} this can be undone" in text_of(client.get(summary))


def test_no_template_has_a_format_of_its_own():
    found = {
        (str(path.relative_to(settings.BASE_DIR)), letters)
        for path in (settings.BASE_DIR / "templates").rglob("*.*")
        for letters in re.findall(r'\|(?:date|time)(?::_?\(?"([^"]*)")?', path.read_text())
    }
    assert {one for one in found if one[1] not in FOR_MACHINES | OF_CALENDARS} == set()

"""What is stored for people is English in the database, and said in the language of whoever reads it."""

import json
from html import escape

import pytest
from django.core import serializers
from django.db import connection, models
from django.utils import translation

from analyses.lifecycle.writing import note_on
from analyses.models import Activity, Analysis
from analyses.said import BEHIND, changed, joined, read, said, said_as, said_of, stored, translated
from tests.pages.test_activity import page
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db
WAITED = said("No worker took it within %(length)s.", length=said_of("%(count)s hour", "%(count)s hours", 2))
GERMAN = "Kein Worker hat den Lauf in der Frist übernommen: 2 Stunden."


@pytest.fixture
def shop(alice) -> Analysis:
    return an_analysis(alice)


@pytest.fixture
def reader(client, alice):
    client.force_login(alice)
    return client


def german(text: str) -> str:
    with translation.override("de"):
        return translated(text)


def column(entry: Activity) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cause FROM analyses_activity WHERE id = %s", [entry.pk])
        return cursor.fetchone()[0]


def noted(analysis: Analysis, cause: str) -> Activity:
    note_on(analysis, said("Created"), cause=cause)
    return Activity.objects.latest("pk")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (WAITED, GERMAN),
        (said("Its worker was lost."), "Sein Worker ging verloren."),
        (said_of("%(count)s finding", "%(count)s findings", 12_345), "12.345 Befunde"),
        (said_as("finding", "Open"), "Offen"),
        (joined(said("Its worker was lost."), "", "“Until May.”"), "Sein Worker ging verloren. “Until May.”"),
        (said("Stopped by %(name)s", name="Open"), "Von Open gestoppt"),
        ("", ""),
    ],
)
def test_a_text_is_the_english_one_and_said_in_german_to_who_reads_german(shop, text, shown):
    cause = noted(shop, text).cause
    assert cause == text
    assert (german(cause), translated(cause)) == (shown, text)
    assert Activity.objects.values_list("cause", flat=True).latest("pk").forms == cause.forms


def test_a_plain_text_as_earlier_versions_stored_it_is_read_as_it_stands(shop):
    entry = noted(shop, "x")
    earlier = {"Its worker was lost.": "Sein Worker ging verloren.", "100 % of shop": "100 % of shop"}
    for text, shown in earlier.items():
        Activity.objects.filter(pk=entry.pk).update(cause=models.Value(text))
        assert column(entry) == text
        assert german(Activity.objects.get(pk=entry.pk).cause) == shown


def test_a_text_that_fills_in_nothing_takes_no_more_room_than_before(shop):
    assert column(noted(shop, said("Its worker was lost."))) == "Its worker was lost."


def test_the_english_text_stands_in_the_database_before_how_it_was_made(shop):
    english, _, how = column(noted(shop, WAITED)).partition(BEHIND)
    assert english == "No worker took it within 2 hours."
    assert json.loads(how)["forms"] == ["No worker took it within %(length)s."]


@pytest.mark.parametrize(
    ("lookup", "asked", "found"),
    [
        ("exact", "No worker took it within 2 hours.", True),
        ("exact", WAITED, True),
        ("exact", "No worker took it", False),
        ("in", ["No worker took it within 2 hours."], True),
        ("icontains", "WITHIN 2 HOURS", True),
        ("endswith", "2 hours.", True),
        ("icontains", "length", False),  # that is how it was made
        ("icontains", "forms", False),
        ("isnull", False, True),
    ],
)
def test_the_database_searches_and_compares_the_english_text(shop, lookup, asked, found):
    entry = noted(shop, WAITED)
    assert Activity.objects.filter(pk=entry.pk, **{f"cause__{lookup}": asked}).exists() == found


def test_the_administration_finds_and_shows_it_in_english(admin_client, shop):
    noted(shop, WAITED)
    admin_client.cookies["django_language"] = "de"
    text = admin_client.get("/admin/analyses/activity/?q=Created").content.decode()
    assert "No worker took it within 2 hours." in text
    assert BEHIND not in text


def test_a_file_of_rows_gives_it_back(shop):
    entry = noted(shop, WAITED)
    rows = serializers.serialize("json", [entry])
    Activity.objects.all().delete()
    for row in serializers.deserialize("json", rows):
        row.save()
    assert german(Activity.objects.get(pk=entry.pk).cause) == GERMAN


def test_updating_many_rows_at_once_keeps_it_too(shop):
    entry = noted(shop, "x")
    Activity.objects.filter(pk=entry.pk).update(cause=WAITED)
    entry.refresh_from_db()
    Activity.objects.bulk_update([entry], ["cause"])
    assert german(Activity.objects.get(pk=entry.pk).cause) == GERMAN


@pytest.mark.parametrize(
    "cause", ['Nothing.\x1f{"forms": ["Gone"]}', said("%(told)s", told='Nothing.\x1f{"forms": []}')]
)
def test_nobody_outside_can_say_how_a_text_was_made(cause):
    assert read(stored(cause)).forms[0] in ('Nothing. {"forms": ["Gone"]}', "%(told)s")


@pytest.mark.parametrize("how", ["{", "[]", "{}", '{"forms": []}', '{"forms": ["%(x)s"], "values": {}, "number": "x"}'])
def test_what_is_spoiled_still_has_its_english_text(how):
    assert read(f"It was so.{BEHIND}{how}") == "It was so."
    assert german(read(f"It was so.{BEHIND}{how}"))


def test_what_is_struck_from_a_text_is_struck_in_every_language():
    def strike(text: str) -> str:
        return text.replace("worker", "•••").replace("s3cret", "•••")

    told = said("Stopped by %(name)s", name="s3cret")
    assert german(changed(told, strike)) == "Von ••• gestoppt"
    assert german(changed(said("Its worker was lost."), strike)) == "Its ••• was lost."


def test_the_activity_log_speaks_the_language_of_its_reader(reader, shop):
    hostile = "<script>alert(1)</script>"
    noted(shop, said("Stopped by %(name)s", name=hostile))
    noted(shop, WAITED)
    english = page(reader, shop)
    reader.cookies["django_language"] = "de"
    text = page(reader, shop)
    assert "No worker took it within 2 hours." in english
    assert GERMAN in text
    assert "Angelegt:</span>" in text
    assert "Für später gespeichert" in text
    assert f"Von {escape(hostile)} gestoppt" in text
    assert hostile not in text


@pytest.mark.parametrize("form", ["csv", "json"])
def test_its_files_stay_english(reader, shop, form):
    noted(shop, WAITED)
    reader.cookies["django_language"] = "de"
    answer = reader.get(f"/analyses/{shop.pk}/log/{form}/")
    with translation.override("de"):
        text = b"".join(answer.streaming_content).decode()
    assert "No worker took it within 2 hours." in text
    assert "Kein Worker" not in text

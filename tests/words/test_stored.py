"""What is stored is in English, whoever asks in whatever language: the log reads the same for everybody."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from analyses import lifecycle
from analyses.models import Activity, AllowedTarget, Analysis, EverythingStopped, Finding, State
from analyses.moves import Ending
from tests.configure.pages import errors_of, form_of
from tests.scene import ends, prescanned, scans_of, started
from tests.words.german import stored_without_german
from tests.words.pseudo import CLOSE, OPEN, spoken

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
URL = "https://shop.example.test/"
NOW = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)  # a Wednesday


class Person:
    """Somebody at her browser, which asks for her language. What workers do meanwhile is theirs."""

    def __init__(self, user, language: str):
        self._client = Client(headers={"Accept-Language": language})
        self._client.force_login(user)
        self.answers: list[str] = []  # to what she asked of analyses

    def posts(self, address: str, **sent) -> list[str]:
        with spoken():
            answer = self._client.post(address, sent, follow=True)
        assert answer.redirect_chain, errors_of(answer)
        return [str(message) for message in answer.context["messages"]]

    def fills_in(self, analysis: Analysis | None = None, **changes) -> None:
        address = reverse("analyses:configure", args=[analysis.pk]) if analysis else reverse("analyses:new")
        with spoken():
            sent = form_of(self._client.get(address))
        self.posts(address, **sent | {"then": "save"} | changes)

    def asks(self, analysis: Analysis, action: str) -> None:
        self.answers += self.posts(reverse("analyses:action", args=[analysis.pk, action]))

    def stops_everything(self, switch: str) -> None:
        self.answers += self.posts(reverse("analyses:stop-everything"), switch=switch)


def goes_through_everything(person: Person, name: str) -> Analysis:
    """She configures, submits, edits, pauses, stops, judges, schedules, withdraws, and stops everything."""
    person.fills_in(name=name, urls=URL, repeat="weekly", repeat_days=list("0123456"), zone="Europe/Berlin")
    analysis = Analysis.objects.get(name=name)
    scan = analysis.scans.get()
    speed = {f"scan-{scan.pk}-speed": "slow", "speed": "slow"}
    person.fills_in(
        analysis,
        description="Of the shop",
        pause_from="22:00",
        pause_until="06:00",
        pause_days=["5"],
        prescan_only="on",
        **speed,
    )
    person.asks(analysis, "stop-save")  # refused
    person.fills_in(analysis, prescan_only=[])
    person.asks(analysis, "submit")
    run = analysis.occurrences.get()
    prescanned(run)
    [scan] = scans_of(run)
    held = started(scan)
    person.asks(analysis, "submit")  # refused
    person.asks(analysis, "pause")
    person.asks(analysis, "pause")  # refused
    person.asks(analysis, "resume")
    person.fills_in(analysis, duration_0="2", duration_1="days")
    person.asks(analysis, "stop-save")
    ends(held, Ending.STOPPED)
    lifecycle.publish(held)
    finding = Finding.objects.get(analysis=analysis)
    judged = {"state": State.ACCEPTED, "finding": finding.pk, "comment": "Until May."}
    person.posts(reverse("analyses:results", args=[analysis.pk]), **judged)
    person.fills_in(analysis, start_at="2026-10-01T09:00", start="at")
    person.asks(analysis, "submit")
    person.asks(analysis, "run-now")
    person.stops_everything("on")
    person.asks(analysis, "submit")  # refused
    person.stops_everything("off")
    person.asks(analysis, "withdraw")
    assert not EverythingStopped.objects.exists()
    return analysis


def log(analysis: Analysis) -> list[tuple[str, ...]]:
    entries = Activity.objects.filter(analysis=analysis).order_by("pk")
    return list(entries.values_list("action", "old_status", "new_status", "cause"))


def bare(answer: str) -> str:
    """Without the brackets; behind a colon English alone goes on in small letters."""
    return answer.replace(OPEN, "").replace(CLOSE, "").casefold()


def everything_stored() -> str:
    """All rows of the product, as text."""
    models = [model for room in ("analyses", "notifications") for model in apps.get_app_config(room).get_models()]
    return "\n".join(serializers.serialize("jsonl", model._default_manager.all()) for model in models)


def test_what_is_stored_reads_the_same_whoever_asks_and_who_asked_is_answered_in_their_language(root, time_machine):
    time_machine.move_to(NOW, tick=False)
    AllowedTarget.objects.create(pattern="*.example.test")
    english, german = Person(root, "en"), Person(root, "de")
    in_english = log(goes_through_everything(english, "One"))
    assert log(goes_through_everything(german, "Other")) == in_english
    assert OPEN not in everything_stored()
    assert stored_without_german() == []
    assert all(OPEN in answer for answer in german.answers)
    assert [bare(answer) for answer in german.answers] == [answer.casefold() for answer in english.answers]


def test_the_document_of_the_lifecycles_is_written_in_english_whatever_is_spoken():
    printed = StringIO()
    with spoken():
        call_command("print_lifecycle", stdout=printed)
    assert OPEN not in printed.getvalue()

"""Two people press Save in the same moment: real threads on PostgreSQL."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analyses import configuring, duplicating, lifecycle
from analyses.configuring import Configuration, ScanSettings
from analyses.lifecycle.writing import change
from analyses.models import Activity, Analysis, AnalysisOccurrence, Specification
from analyses.statuses import AnalysisStatus
from tests.configure.pages import errors_of, form_of
from tests.lifecycle.test_races import at_once
from tests.statuses.stage import wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def _press_save(user, address, sent):
    client = Client()
    client.force_login(user)
    return client.post(address, sent)


def test_of_two_saves_one_is_stored_and_the_other_is_shown_both(as_alice, alice, bob, shop):
    address = reverse("analyses:configure", args=[shop.pk])
    sent = form_of(as_alice.get(address)) | {"then": "save"}
    answers = at_once(
        lambda: _press_save(alice, address, sent | {"name": "Alice's"}),
        lambda: _press_save(bob, address, sent | {"name": "Bob's"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert next(answer.context["page"].stale for answer in answers if answer.status_code == 200)
    assert Activity.objects.count() == 1
    assert Analysis.objects.get().revision == 2


def test_of_two_new_analyses_with_one_name_the_second_is_told(alice, bob, as_alice):
    address = reverse("analyses:new")
    sent = form_of(as_alice.get(address)) | {"name": "Shop", "then": "save"}
    answers = at_once(*[lambda user=user: _press_save(user, address, sent) for user in (alice, bob)])
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    shown_again = next(answer for answer in answers if answer.status_code == 200)
    assert "already an analysis with this name" in errors_of(shown_again)["name"]


def test_saving_a_scheduled_analysis_while_it_starts_does_not_block(as_alice, alice, shop):
    """The worker locks the run and then the analysis: so does a save, or both would wait for each other."""
    for number in range(5):
        Analysis.objects.filter(pk=shop.pk).update(start_at=timezone.now() + timedelta(hours=1))
        shop.refresh_from_db()
        occurrence = lifecycle.submit(shop, alice, start_at=shop.start_at)
        occurrence.start_at = timezone.now()
        occurrence.save()
        address = reverse("analyses:configure", args=[shop.pk])
        sent = form_of(as_alice.get(address)) | {"then": "save", "user_agent": f"Agent/{number}"}
        answers = at_once(
            lambda sent=sent, address=address: _press_save(alice, address, sent),
            lambda pk=occurrence.pk: lifecycle.begin_prescan(pk),
        )
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert answers[0].status_code in (200, 302)
        shop.refresh_from_db()
        if shop.status == AnalysisStatus.SCHEDULED:
            lifecycle.withdraw(shop, alice)
        else:
            lifecycle.stop(shop, alice, keep=False)


def test_a_change_that_meets_a_submit_waits_for_nobody_who_waits_for_it(alice, bob, shop, monkeypatch):
    """A run that appears after the save has looked for runs, and whose worker is about to report."""
    begun = threading.Event()

    def report() -> None:
        occurrence = lifecycle.submit(shop, alice)
        AnalysisOccurrence.objects.filter(pk=occurrence.pk).update(duration=timedelta(minutes=1))
        with change(occurrence.pk) as opened:
            begun.set()
            time.sleep(1)
            opened.note("Reported")

    class Meanwhile:
        @property
        def objects(self):
            monkeypatch.undo()
            reporting.start()
            begun.wait(10)
            return Analysis.objects

    failed: list[object] = []
    reporting = threading.Thread(target=lambda: failed.extend(filter(None, at_once(report))))
    monkeypatch.setattr(configuring, "Analysis", Meanwhile())
    configuring.hand_over(shop, bob, [], alice)
    reporting.join(10)
    assert failed == []
    assert Analysis.objects.get().owner == bob


def test_a_copy_that_meets_a_save_has_all_of_it_or_nothing(alice, bob, shop, monkeypatch):
    """A specification is replaced, and the address with it, when the copy has read the scans."""
    scan = shop.scans.first()
    scan.specification = _specification(shop, "old.yaml")
    scan.save()
    new = _specification(None, "new.yaml")
    values = {"url": "https://new.example.test/", "specification_id": new.pk}
    configuration = Configuration({"name": "Shop"}, scans=(ScanSettings(scan.pk, values),))
    saved = threading.Event()

    def save() -> None:
        configuring.update(shop, configuration, alice, shop.revision)
        saved.set()

    class Meanwhile:
        @property
        def objects(self):
            monkeypatch.undo()
            saving.start()
            wait_until(lambda: saved.is_set() or _somebody_waits(), "a save that is done, or waits")
            return Specification.objects

    failed: list[object] = []
    saving = threading.Thread(target=lambda: failed.extend(filter(None, at_once(save))))
    monkeypatch.setattr(duplicating, "Specification", Meanwhile())
    copy = duplicating.duplicate(shop, bob)
    saving.join(10)
    assert failed == []
    assert _first(copy) in [(scan.url, "old.yaml"), ("https://new.example.test/", "new.yaml")]
    assert _first(shop) == ("https://new.example.test/", "new.yaml")
    assert copy.specifications.count() == shop.specifications.count() == 1


def _specification(analysis: Analysis | None, name: str) -> Specification:
    return Specification.objects.create(analysis=analysis, name=name, form="HAR", endpoints=[], requests="[]")


def _first(analysis: Analysis) -> tuple[str, str]:
    return analysis.scans.values_list("url", "specification__name").first()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])

"""No page needs a secret, so none reads one: crawl scripts are large, and pages are asked for every few seconds."""

import pytest

from analyses import lifecycle
from analyses.models.secrets import EncryptedTextField
from tests.scene import FLAW, an_analysis, give_secrets, prescanned, scans_of, started

pytestmark = pytest.mark.django_db


def test_no_page_and_no_action_reads_a_secret(as_alice, alice, monkeypatch):
    analysis = an_analysis(alice, "http://a.test/", "http://b.test/")
    give_secrets(analysis, secret="hunter2", crawl_script="{}")
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    scans = scans_of(occurrence)
    lifecycle.record_found(started(scans[0]), [FLAW])
    read = []
    monkeypatch.setattr(EncryptedTextField, "from_db_value", lambda _field, value, *_: read.append(value) or value)
    for tab in ("", f"scans/{scans[0].pk}/", "results/", "history/", "configure/"):
        assert as_alice.get(f"/analyses/{analysis.pk}/{tab}").status_code == 200
        assert read == [], tab
    as_alice.get(f"/analyses/{analysis.pk}/scans/")
    lifecycle.stop(analysis, alice, keep=True)
    assert read == []

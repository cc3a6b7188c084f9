"""Each of the 30 scan statuses by its real cause: the pages, the log, the actions, the mails."""

import pytest

from analyses.statuses import ScanStatus
from tests.statuses.facts import (
    assert_analysis_is_stored_as,
    assert_details_say,
    assert_it_can_be_read_in_german,
    assert_log_tells,
    assert_mails_are,
    assert_offers,
    assert_scan_is_stored_as,
)
from tests.statuses.reading import Page
from tests.statuses.scan_rows import SCAN_ROWS
from tests.statuses.stage import scans

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_table_has_every_scan_status_once():
    assert sorted(row.status for row in SCAN_ROWS) == sorted(ScanStatus)
    assert len(SCAN_ROWS) == 30


@pytest.mark.parametrize("row", SCAN_ROWS, ids=lambda row: row.status.value)
def test_a_scan_status(row, stage, as_alice):
    analysis = row.way(stage)
    scan = scans(analysis)[row.place]
    assert_scan_is_stored_as(row.status, scan)
    assert_analysis_is_stored_as(row.analysis, analysis)

    details = Page(as_alice.get(f"/analyses/{analysis.pk}/scans/{scan.pk}/"))
    assert details.badge(f"scan-status-{scan.pk}") == (row.status.label, False)
    assert_details_say(row.status, row.cause, row.advice, details)
    assert_it_can_be_read_in_german(as_alice, f"/analyses/{analysis.pk}/scans/{scan.pk}/", scan.cause)

    summary = Page(as_alice.get(f"/analyses/{analysis.pk}/"))
    assert summary.badge(f"scan-status-{scan.pk}") == (row.status.label, False)
    assert_offers(row.may, analysis, summary)

    log = Page(as_alice.get(f"/analyses/{analysis.pk}/", {"scan": scan.pk}))
    assert_log_tells(f"Scan status: {row.log}", row.cause, log)
    assert_mails_are(row.mails, analysis)

"""Each of the 23 analysis statuses by its real cause: the page, the filter, the log, the actions, the mails."""

import pytest

from analyses.statuses import AnalysisStatus
from tests.statuses.analysis_rows import ANALYSIS_ROWS
from tests.statuses.facts import (
    assert_analysis_is_stored_as,
    assert_filter_finds,
    assert_it_can_be_read_in_german,
    assert_log_tells,
    assert_mails_are,
    assert_offers,
    assert_page_says,
)
from tests.statuses.reading import Page

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_table_has_every_analysis_status_once():
    assert sorted(row.status for row in ANALYSIS_ROWS) == sorted(AnalysisStatus)
    assert len(ANALYSIS_ROWS) == 23


@pytest.mark.parametrize("row", ANALYSIS_ROWS, ids=lambda row: row.status.value)
def test_an_analysis_status(row, stage, as_alice):
    analysis = row.way(stage)
    assert_analysis_is_stored_as(row.status, analysis)
    page = Page(as_alice.get(f"/analyses/{analysis.pk}/"))
    assert_page_says(row.status, analysis, page)
    assert_log_tells(row.log, row.cause, page)
    assert_it_can_be_read_in_german(as_alice, f"/analyses/{analysis.pk}/")
    assert_offers(row.may, analysis, page)
    assert_filter_finds(row.status, analysis, as_alice)
    assert_mails_are(row.mails, analysis)

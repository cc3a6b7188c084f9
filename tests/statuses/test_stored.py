"""The database itself takes the 53 statuses and no other text."""

import pytest
from django.db import DatabaseError, models, transaction

from analyses.lifecycle.queue import NO_SLOT
from analyses.models import Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.statuses import AnalysisStatus, ScanStatus
from tests.scene import running

pytestmark = pytest.mark.django_db

TAKEN_BY = [(Analysis, AnalysisStatus), (AnalysisOccurrence, AnalysisStatus), (ScanOccurrence, ScanStatus)]
NONSENSE = ["", " ", "nonsense", "In Progress", "IN_PROGRESS", "in_progress ", "in progress", "None", "0"]


@pytest.fixture(autouse=True)
def one_of_each(alice) -> None:
    running(alice)
    ScanOccurrence.objects.update(**NO_SLOT)  # a slot is taken in some statuses only: a rule of its own


def is_stored(model: type[models.Model], text: str) -> bool:
    try:
        with transaction.atomic():
            model.objects.update(status=text)
    except DatabaseError:  # the constraint, or what is longer than the column
        return False
    return model.objects.get().status == text


@pytest.mark.parametrize(("model", "statuses"), TAKEN_BY)
def test_every_status_can_be_stored(model, statuses):
    assert [status for status in statuses if not is_stored(model, status)] == []


@pytest.mark.parametrize(("model", "statuses"), TAKEN_BY)
def test_no_other_text_can_be_stored(model, statuses):
    """No label, no status of the other lifecycle, nothing that only looks like one."""
    others = {*NONSENSE, *AnalysisStatus.values, *ScanStatus.values, *AnalysisStatus.labels, *ScanStatus.labels}
    assert [text for text in others - set(statuses.values) if is_stored(model, text)] == []

"""`make bench` fails where pages take longer than they may, and says which. Its times are measured elsewhere."""

import pytest
from django.core.management.base import CommandError

from analyses.management.commands import bench
from analyses.models import Activity, Analysis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture
def measured(monkeypatch, capsys, admin_user, alice):
    """Measure a little, with so many milliseconds allowed; answers what is said."""

    def measure(allowed: float) -> str:
        for name, value in {"ANALYSES": 30, "REQUESTS": 2, "BUDGET": allowed}.items():
            monkeypatch.setattr(bench, name, value)
        bench.Command()._budget(40, admin_user, alice)
        return capsys.readouterr().out

    return measure


def test_it_measures_every_page_with_rows_of_the_numbers_it_says(measured):
    said = measured(60_000)
    assert "30 analyses, 40 entries, 2 requests a page" in said
    for page in ("list", "summary", "activity, further back", "scan details"):
        assert f"\n{page} " in said
    assert Analysis.objects.count() == 30
    busy = Analysis.objects.get(name="Under way")
    assert Activity.objects.filter(analysis=busy, action="Progress").count() == 4
    assert Activity.objects.filter(action="Progress").count() == 40


def test_a_page_that_takes_too_long_fails_it_by_name(measured):
    with pytest.raises(CommandError, match=r"More than 0 ms: list, .*scan details"):
        measured(0)

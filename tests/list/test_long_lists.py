"""Lists that are longer than anybody reads: pages end, counts are bounded, and names have their index."""

import logging

import pytest
from django.db import DatabaseError, connection

from analyses import ordering
from analyses.models import Analysis
from analyses.statuses import ANALYSIS_LIVE
from tests.pages.test_analyses_list import shown
from tests.scene import an_analysis, many_analyses

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(monkeypatch):
    """As if nobody read more than 60 rows."""
    monkeypatch.setattr(ordering, "MOST_ROWS", 60)


def test_live_ones_come_first_and_no_row_is_left_out_or_shown_twice(as_alice, alice):
    many_analyses(alice, 90)
    pages = [as_alice.get("/", {"page": number}).context["page"].object_list for number in (1, 2, 3, 4)]
    rows = [analysis for page in pages for analysis in page]
    assert len({analysis.pk for analysis in rows}) == len(rows) == 90
    live = [analysis.pk for analysis in rows if analysis.status in ANALYSIS_LIVE]
    assert [analysis.pk for analysis in rows[: len(live)]] == sorted(live, reverse=True)
    others = [(analysis.changed_at, analysis.pk) for analysis in rows[len(live) :]]
    assert others == sorted(others, reverse=True)


def test_pages_end_and_say_how_the_rest_is_seen(as_alice, alice, few):
    many_analyses(alice, 90)
    last = as_alice.get("/?page=99")
    assert last.context["page"].number == 3
    assert len(shown(last)) == 10
    assert "51–60 of 90" in last.content.decode()
    assert "Pages end here." in last.content.decode()
    assert "Pages end here." not in as_alice.get("/?page=2").content.decode()


def test_what_has_to_be_counted_is_counted_so_far_only(as_alice, alice, few):
    many_analyses(alice, 90)
    an_analysis(alice, name="Shop")
    assert "1–25 of more than 60" in as_alice.get("/?name=analysis").content.decode()
    assert "1–1 of 1<" in as_alice.get("/?name=shop").content.decode()


@pytest.mark.postgres
def test_names_are_searched_by_their_trigrams():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Analysis.objects.filter(name__icontains="shop").order_by().explain()
    assert "analysis_name_trigrams" in plan


@pytest.mark.postgres
def test_without_the_right_to_make_the_extension_nothing_fails(caplog):
    from importlib import import_module

    migration = import_module("analyses.migrations.0010_long_list")
    with connection.schema_editor() as editor, caplog.at_level(logging.WARNING):
        migration._run(["CREATE EXTENSION there_is_no_such_extension"])(None, editor)
        assert Analysis.objects.count() == 0
    assert "without an index of their trigrams" in caplog.text
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION there_is_no_such_extension")

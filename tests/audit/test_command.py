"""`manage.py audit` says what holds and what breaks, changes nothing and keeps nobody waiting."""

import threading
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from analyses import audit
from analyses.audit.reading import in_batches, one_moment
from analyses.models import Analysis
from tests.audit.installation import breaches, run_of
from tests.audit.spoiling import end_without_an_end
from tests.scene import an_analysis

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_work")]


def audited(**options) -> tuple[int, str]:
    """The exit code and what is said."""
    said = StringIO()
    try:
        call_command("audit", stdout=said, **options)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    return 0, said.getvalue()


def test_the_command_says_that_all_is_well(installation):
    assert audited() == (0, f"All {len(audit.INVARIANTS)} invariants hold.\n")


def test_the_command_names_what_breaks_and_fails(installation):
    end_without_an_end(installation)
    code, said = audited()
    assert code == 1
    run = run_of(installation.done).get().pk
    assert f"  run {run} is Completed - Results Available, but has no end\n" in said
    assert said.endswith(f"1 of {len(audit.INVARIANTS)} invariants are broken, 1 times.\n")


def test_asked_for_more_it_says_what_holds(installation):
    assert "Capacity is kept: holds. At most SCAN_CAPACITY scans run" in audited(verbosity=2)[1]


def test_it_writes_nothing(history, django_assert_max_num_queries):
    with django_assert_max_num_queries(85) as asked:
        assert breaches() == {}
    assert not [query["sql"] for query in asked if not query["sql"].startswith(("SELECT", "DECLARE"))]


@pytest.mark.django_db(transaction=True)
def test_while_it_reads_others_write_and_it_cannot(alice):
    """It sees one moment: what is written meanwhile is not in it."""

    def write_elsewhere() -> None:
        an_analysis(alice, name="Written meanwhile")
        connection.close()

    with one_moment():
        assert Analysis.objects.count() == 0
        writer = threading.Thread(target=write_elsewhere)
        writer.start()
        writer.join(10)
        assert not writer.is_alive()
        assert Analysis.objects.count() == 0
    assert Analysis.objects.count() == 1
    with pytest.raises(DatabaseError), one_moment():
        Analysis.objects.update(name="x")


def test_batches_hold_everything_once():
    assert list(in_batches(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]

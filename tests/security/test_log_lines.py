"""What a target or a person writes makes no line of the log, and reads on no page as anything but what it is."""

import io
import logging

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.lifecycle.writing import note_on
from dashboard import console
from dashboard.log_lines import OneLineFormatter, one_line
from tests.scene import an_analysis

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
FORGED = (
    "a\n2026-01-01 00:00:00,000 INFO web: forged\r\nb\x1b[2J\x1b]0;title\x07\x00\x85\u2028\u2029\x0b\x0c\u202e\ud800"
)


def logged(text: str, *, error: bool = False) -> str:
    """What a program writes for one event."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLineFormatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    if error:
        try:
            raise ValueError(text)
        except ValueError:
            logger.exception("It broke: %s", text)
    else:
        logger.warning("Told: %s", text)
    return stream.getvalue()


@pytest.mark.parametrize("error", [False, True])
@settings(deadline=None)
@given(text=st.text() | st.text(st.sampled_from("\r\n\t\x00\x1b\x85\u2028\u202e\ufeffa"), max_size=50))
def test_one_event_is_one_line(error, text):
    for one in (text, FORGED + text):
        line = logged(one, error=error)
        assert line.endswith("\n")
        assert line[:-1].isprintable()
        assert len(line.splitlines()) == 1


def test_every_program_writes_its_log_so():
    assert {one["class"] for one in configured.LOGGING["formatters"].values()} == {
        "dashboard.log_lines.OneLineFormatter"
    }
    assert all("formatter" in handler for handler in configured.LOGGING["handlers"].values())
    assert not any("handlers" in logger for logger in configured.LOGGING["loggers"].values())


def test_a_line_can_be_read(db):
    assert one_line("a\nb\tc\x1b\u202e ä 店") == "a\\nb\\tc\\x1b\\u202e ä 店"


@pytest.mark.parametrize("letter", ["a", "ä", "店", "\n", "\U0001f600"])
def test_a_long_one_stays_one_line_of_what_all_programs_say(letter, capsys):
    line = logged(f"begin {letter * 100_000} end").encode()
    assert len(line) < console.LONGEST_LINE
    console.follow("web", io.BytesIO(line))
    while not (said := capsys.readouterr().out):
        pass
    assert len(said.splitlines()) == 1
    assert "Told: begin" in said
    assert said.rstrip().endswith("end")


@pytest.mark.django_db
def test_an_entry_of_the_activity_log_reads_in_one_direction(as_root, root):
    analysis = an_analysis(root, name="Shop")
    note_on(analysis, "Changed", root, cause=f"From {TURNING} to")
    page = as_root.get(reverse("analyses:summary", args=[analysis.pk])).content.decode()
    assert "From [U+202A][U+202B][U+202C][U+202D][U+202E][U+2066][U+2067][U+2068][U+2069] to" in page
    assert not set(TURNING) & set(page)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/admin/analyses/analysis/", "/admin/analyses/activity/"])
def test_names_on_every_page_do(as_root, root, path):
    analysis = an_analysis(root, name=f"Shop {TURNING}gnp.exe")
    note_on(analysis, f"{TURNING}", root)
    text = as_root.get(path).content.decode()
    assert "Shop [U+202A]" in text
    assert not set(TURNING) & set(text)


@pytest.mark.django_db
def test_nothing_of_a_request_makes_a_line(caplog):
    """What Django itself logs of requests that are wrong."""
    caplog.handler.setFormatter(OneLineFormatter("%(message)s"))
    client = Client(raise_request_exception=False)
    for path in ("/no\nforged", "/no%0aforged", "/no\u2028x", "/%1b[2J"):
        client.get(path, headers={"Host": "a\r\nforged"})
        client.get(path)
    assert caplog.records
    assert all(one_line(record.getMessage()).isprintable() for record in caplog.records)
    assert len(caplog.text.splitlines()) == len(caplog.records)

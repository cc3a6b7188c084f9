"""The living style page has everything that pages are made of, from the pages' own templates."""

import re

import pytest
from django.conf import settings
from django.urls import reverse

from analyses.statuses import AnalysisStatus, ScanStatus
from analyses.style_samples import SIZES, TOKENS

pytestmark = pytest.mark.django_db
TEMPLATES = settings.BASE_DIR / "templates"
# Parts of pages that stand in one room only, and are components all the same.
OF_ANALYSES = {"row_menu", "tabs", "timeline", "results_trend"}


@pytest.fixture
def answer(as_alice):
    return as_alice.get(reverse("analyses:style"))


def test_every_component_is_on_it_from_its_own_template(answer):
    components = {f"includes/{path.name}" for path in (TEMPLATES / "includes").glob("*.html")}
    components |= {f"analyses/{name}.html" for name in OF_ANALYSES}
    assert components - {template.name for template in answer.templates} == set()


def test_every_token_is_on_it(answer):
    sheet = (settings.BASE_DIR / "static/css/tokens.css").read_text()
    defined = set(re.findall(r"^    --([\w-]+):", sheet, re.MULTILINE))
    shown = {name for names in (*TOKENS.values(), *SIZES.values()) for name in names}
    assert shown == defined
    assert [name for name in shown if f"<code>{name}</code>" not in answer.content.decode()] == []


def test_every_status_is_on_it(answer):
    text = answer.content.decode()
    assert [status for status in AnalysisStatus if f"#{status.value}" not in text] == []
    assert [status for status in ScanStatus if f"#scan-{status.value}" not in text] == []


def test_every_field_is_shown_as_it_opens_and_with_its_mistake(answer):
    text = answer.content.decode()
    assert {"sample_name_helptext", "sent_name_error"} <= set(re.findall(r'id="(\w+)"', text))
    assert text.count("This field is required.") == 1
    assert "elsewhen is not one of the available choices" in text


@pytest.mark.parametrize("kind", ["unused", "filtered", "fine", "failed"])
def test_every_kind_of_nothing_is_on_it(answer, kind):
    assert f"empty--{kind}" in answer.content.decode()


def test_nothing_is_asked_of_the_database_for_it(as_alice, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):  # who is signed in, and what they may
        as_alice.get(reverse("analyses:style"))


def test_the_status_reference_leads_to_it(as_alice):
    assert f'href="{reverse("analyses:style")}"' in as_alice.get(reverse("analyses:statuses")).content.decode()


def test_banners_and_empty_states_are_made_by_their_tags_wherever_they_stand():
    by_hand = re.compile(r'class="(banner|empty)[ "]')
    pages = [path for path in TEMPLATES.rglob("*.html") if path.parent.name not in ("includes", "mail")]
    found = [path.name for path in pages if by_hand.search(path.read_text())]
    assert found == ["configure.html"]  # what differs from another save: a table, and it takes the focus

"""What is refused is kept in English, and said in the reader's language."""

import pytest

from analyses.said import translated
from analyses.specifications import SpecificationError, read
from analyses.targets import refusal
from tests.words.pseudo import CLOSE, OPEN, spoken


def test_a_refused_address_is_english_where_it_is_kept_and_translated_where_it_is_shown():
    said = "shop.example.com is not among the allowed targets. An administrator can add it."
    with spoken():
        reason = refusal("https://shop.example.com/", [])
        assert str(reason) == said
        assert translated(reason) == f"{OPEN}{said}{CLOSE}"


def test_what_another_process_refuses_is_translated_here():
    with spoken(), pytest.raises(SpecificationError) as refused:
        read(b"[]", "api.json")
    with spoken():
        assert translated(refused.value).startswith(
            f"{OPEN}This file cannot be read: {OPEN}it holds no mapping{CLOSE}. "
        )
    assert str(refused.value).startswith("This file cannot be read: it holds no mapping. ")

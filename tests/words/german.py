"""What of a stored text has no German translation."""

import re
from collections.abc import Iterator

from django.utils import translation
from django.utils.translation import trans_real

from analyses.models import Activity, DeletedScan, PrescanStep, Retest, ScanOccurrence, SignInTest, SignInTestStage
from analyses.said import Said, said, translated

_PLACE = re.compile(r"%\(\w+\)s")
_SENTENCE = re.compile(r"[A-Za-z]{2,}\S* \S|[a-z]{3,}\.$|^[A-Z][a-z]+$")
_COLUMNS = (
    (Activity, ("action", "cause", "target")),
    (ScanOccurrence, ("cause", "advice")),
    (DeletedScan, ("cause",)),
    (PrescanStep, ("name", "cause", "advice")),
    (Retest, ("cause",)),
    (SignInTest, ("cause", "advice")),
    (SignInTestStage, ("words",)),
)


def german(text: str) -> str:
    """A text as whoever reads German reads it."""
    with translation.override("de"):
        return translated(text)


def untranslated_in(text: object) -> Iterator[str]:
    """The forms of a text that the German catalogue does not have. What was filled in as plain data is none."""
    if isinstance(text, tuple):
        for part in text:
            yield from untranslated_in(part)
    if not isinstance(text, Said):
        return
    with translation.override("de"):
        known = trans_real.catalog()._catalog
    key = f"{text.context}{trans_real.CONTEXT_SEPARATOR}{text.forms[0]}" if text.context else text.forms[0]
    if _SENTENCE.search(_PLACE.sub("", text.forms[0])) and key not in known and (key, 0) not in known:
        yield text.forms[0]
    for value in text.values.values():
        yield from untranslated_in(value)


def stored_without_german() -> list[str]:
    """What stands in the columns for people, and can be said in English only."""
    left = []
    for model, columns in _COLUMNS:
        for row in model.objects.values_list(*columns):
            left += [form for text in row for form in untranslated_in(text if isinstance(text, Said) else said(text))]
    return left

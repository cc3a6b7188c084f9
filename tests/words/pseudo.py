"""A language of which every text can be seen to be one of ours: ⟦so⟧. What stands outside is not translated."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

from django.utils import translation
from django.utils.translation import trans_real

OPEN, CLOSE = "⟦", "⟧"
SAID = ("title", "aria-label", "placeholder", "alt", "label", "data-label", "data-status-of", "data-echo")
UNSAID = {"script", "style", "code", "pre", "time", "samp", "kbd"}
VOID = {"meta", "link", "img", "input", "br", "hr", "use", "path", "source", "wbr", "col", "circle", "rect", "line"}
WORD = re.compile(r"[A-Za-zÀ-ž]{3,}")


class _Pseudo(trans_real.DjangoTranslation):
    def gettext(self, message):
        message = message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]
        return f"{OPEN}{message}{CLOSE}" if message else ""

    def ngettext(self, one, many, number):
        return self.gettext(one if number == 1 else many)

    def pgettext(self, context, message):
        return self.gettext(message)

    def npgettext(self, context, one, many, number):
        return self.ngettext(one, many, number)


@contextmanager
def spoken() -> Iterator[None]:
    """German is this language, as long as it lasts."""
    known = trans_real._translations.get("de")
    trans_real._translations["de"] = _Pseudo("de")
    try:
        with translation.override("de"):
            yield
    finally:
        trans_real._translations.pop("de")
        if known:
            trans_real._translations["de"] = known


def outside(text: str) -> str:
    """What of a text stands outside of the brackets."""
    depth, kept = 0, []
    for letter in text:
        if letter == OPEN:
            depth += 1
        elif letter == CLOSE:
            depth -= 1
            kept.append(" ")
        elif depth == 0:
            kept.append(letter)
    return "".join(kept)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent: list[tuple[str, bool]] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        for name in SAID:
            if given.get(name) and given.get("translate") != "no" and not self._is_silent():
                self.texts.append(given[name])
        if tag == "input" and given.get("type") in ("submit", "button") and given.get("value"):
            self.texts.append(given["value"])
        if tag not in VOID:
            self._silent.append((tag, tag in UNSAID or given.get("translate") == "no"))

    def handle_endtag(self, tag):
        while self._silent and tag in {one for one, _ in self._silent}:
            if self._silent.pop()[0] == tag:
                break

    def handle_data(self, data):
        if not self._is_silent():
            self.texts.append(data)

    def _is_silent(self) -> bool:
        return any(silent for _, silent in self._silent)


def untranslated(html: str, names: frozenset[str] = frozenset(), data: Collection[str] = ()) -> list[str]:
    """The pieces of a page or mail that hold words outside of the brackets.

    Left aside are words that are nobody's language, addresses, and pieces that are nothing but data.
    """
    page = _Page()
    page.feed(html)
    found = []
    # One text may go over several elements: <b>…</b> within brackets closes outside of the first piece.
    for piece in _balanced(page.texts):
        parts = (part for part in re.split(r" · |: |, ", outside(piece)) if part.strip() not in data)
        rest = " ".join(word for part in parts for word in part.split() if not re.search(r"[./@:_]\w|\d", word))
        if any(word.lower() not in names for word in WORD.findall(rest)):
            found.append(" ".join(piece.split())[:160])
    return list(dict.fromkeys(found))


def _balanced(texts: list[str]) -> Iterator[str]:
    """The pieces, with those put together that one bracket goes over."""
    open_, held = 0, ""
    for text in texts:
        held += text
        open_ += text.count(OPEN) - text.count(CLOSE)
        if open_ <= 0:
            yield held
            held, open_ = "", 0
    if held:
        yield held

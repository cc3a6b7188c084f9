"""Finds the sign-in form in a page. The page is hostile: parsing takes time in proportion to its length."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

MOST_CHARACTERS = 500_000  # of a page, in which the form has to be

_USER_KINDS = frozenset({"text", "email", "tel", "number", ""})
_NEVER_SENT = frozenset({"button", "reset", "image", "file"})
_USER_WORDS = re.compile(r"user|login|e-?mail|account|name|\bid\b", re.IGNORECASE)

_Attributes = dict[str, str]


@dataclass
class _Input:
    name: str
    kind: str
    value: str
    hints: str = ""  # what its page says of it: name, id, placeholder
    autocomplete: str = ""


@dataclass
class SignInForm:
    """A form with a password field. `action` is as written on the page, relative to its `base` if any."""

    action: str = ""
    method: str = "get"
    multipart: bool = False
    base: str = ""
    _inputs: list[_Input] = field(default_factory=list)
    _pressed: bool = False  # only the first of its buttons is pressed

    @property
    def passwords(self) -> int:
        """How many password fields it has: one asks to sign in, more ask to choose a new password."""
        return sum(1 for _ in self._of_kind("password"))

    @property
    def user_field(self) -> str:
        """The name of the field for the user name; empty when there is none."""
        password = next(self._of_kind("password"), None)
        best, best_score = "", 0
        for entry in self._inputs:
            if entry is password:
                break
            if entry.kind in _USER_KINDS and (score := _likeness(entry)) >= best_score:
                best, best_score = entry.name, score
        return best

    def filled(self, username: str, password: str) -> tuple[tuple[str, str], ...]:
        """Every field of the form in its order, with the user name and the password filled in."""
        password_entry = next(self._of_kind("password"))
        user_field = self.user_field
        fields = []
        for entry in self._inputs:
            if entry is password_entry:
                fields.append((entry.name, password))
            elif entry.name == user_field and entry.kind in _USER_KINDS:
                fields.append((entry.name, username))
            else:
                fields.append((entry.name, entry.value))
        return tuple(fields)

    def _of_kind(self, kind: str) -> Iterator[_Input]:
        return (entry for entry in self._inputs if entry.kind == kind)


def sign_in_form(html: str) -> SignInForm | None:
    """The form of a page that asks for a password: the first with the fewest password fields."""
    forms = [form for form in _Finder.forms_of(html) if form.passwords]
    return min(forms, key=lambda form: form.passwords, default=None)


def asks_to_sign_in(html: str) -> bool:
    """Tell whether a page has a form with exactly one password field."""
    form = sign_in_form(html)
    return form is not None and form.passwords == 1


def visible_text(html: str) -> str:
    """A page's text without its tags, white space collapsed. Good enough to look for a few words in it."""
    return " ".join(unescape(re.sub(r"<[^<>]*>", " ", html)).split())


def _likeness(entry: _Input) -> int:
    """How much a field looks like the one for a user name; among equals, the last before the password wins."""
    if entry.autocomplete in ("username", "email"):
        return 3
    if entry.kind == "email" or _USER_WORDS.search(entry.hints):
        return 2
    return 1


class _Finder(HTMLParser):
    """Collects forms with the fields a browser would send."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._forms: list[SignInForm] = []
        self._by_id: dict[str, SignInForm] = {}
        self._open: SignInForm | None = None
        self._select: _Input | None = None
        self._chosen = False
        self._templates = 0  # how deep inside <template>, whose content is not part of the page
        self._base = ""

    @classmethod
    def forms_of(cls, html: str) -> list[SignInForm]:
        finder = cls()
        try:
            # In one piece, and never closed: with a cut-off tag at its end, close() takes quadratic time.
            finder.feed(html[:MOST_CHARACTERS])
        except AssertionError:  # how the parser gives up on a broken declaration; what came before it counts
            pass
        for form in finder._forms:
            form.base = finder._base
        return finder._forms

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "template":
            self._templates += 1
        if self._templates:
            return
        if tag == "form" and self._open is None:
            self._begin(given)
        elif tag == "base":
            self._base = self._base or given.get("href", "")
        elif tag == "option" and self._select is not None:
            self._choose(self._select, given)
        elif tag in ("input", "button", "select", "textarea"):
            self._add(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._templates = max(0, self._templates - 1)
        elif tag == "form" and not self._templates:
            self._open = None
        elif tag == "select":
            self._select = None

    def _begin(self, given: _Attributes) -> None:
        self._open = SignInForm(
            action=given.get("action", ""),
            method="post" if given.get("method", "").strip().lower() == "post" else "get",
            multipart=given.get("enctype", "").strip().lower() == "multipart/form-data",
        )
        self._forms.append(self._open)
        if "id" in given:
            self._by_id.setdefault(given["id"], self._open)

    def _add(self, tag: str, given: _Attributes) -> None:
        form = self._by_id.get(given["form"]) if "form" in given else self._open
        if form is None or "disabled" in given or not given.get("name"):
            return
        default = {"input": "text", "button": "submit"}.get(tag, tag)
        kind = (given.get("type", "") if tag in ("input", "button") else "").strip().lower() or default
        if kind in _NEVER_SENT or (kind in ("checkbox", "radio") and "checked" not in given):
            return
        if kind == "submit":
            if form._pressed:
                return
            form._pressed = True
        value = given.get("value", "on" if kind in ("checkbox", "radio") else "")
        hints = " ".join(given.get(name, "") for name in ("name", "id", "placeholder", "aria-label"))
        entry = _Input(given["name"], kind, value, hints, given.get("autocomplete", "").strip().lower())
        form._inputs.append(entry)
        if kind == "select":
            self._select, self._chosen = entry, False

    def _choose(self, entry: _Input, given: _Attributes) -> None:
        """The first option counts, unless a later one is marked as selected."""
        if "selected" in given or not self._chosen:
            entry.value = given.get("value", "")
            self._chosen = True

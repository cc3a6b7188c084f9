"""Finds the sign-in form in a page. The page is hostile: parsing takes time in proportion to its length."""

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser

from analyses.prescan.form_fields import Field, SignInForm

MOST_CHARACTERS = 500_000  # of a page, in which the form has to be
MOST_FIELDS = 500  # of a form

_NEVER_SENT = frozenset({"button", "reset", "image", "file"})
_REFRESH = re.compile(r"\s*[0-9.]{1,3}\s*[;,]\s*url\s*=\s*['\"]?([^'\"]{1,2000})", re.IGNORECASE)

_Attributes = dict[str, str]


def sign_in_form(html: str) -> SignInForm | None:
    """The form of a page that asks for a password: the first with the fewest password fields, for no new account."""
    forms = [form for form in _Finder.read(html).forms if form.passwords]
    return min(forms, key=lambda form: (form.passwords, form.makes_accounts), default=None)


def name_form(html: str) -> SignInForm | None:
    """The form of a page that asks for a user name alone, before the password."""
    return _first(html, lambda form: form.asks_for_name)


def code_form(html: str) -> SignInForm | None:
    """The form of a page that asks for a one-time code alone, after the password."""
    return _first(html, lambda form: form.asks_for_code)


def leads_on(html: str) -> str:
    """Where a page goes on to by itself (a refresh), as it is written there; empty when it does not."""
    return _Finder.read(html).refresh


def asks_to_sign_in(html: str) -> bool:
    """Tell whether a page has a form with exactly one password field."""
    form = sign_in_form(html)
    return form is not None and form.passwords == 1


def _first(html: str, fits: Callable[[SignInForm], bool]) -> SignInForm | None:
    return next((form for form in _Finder.read(html).forms if fits(form)), None)


def visible_text(html: str) -> str:
    """A page's text without its tags, white space collapsed. Good enough to look for a few words in it."""
    return " ".join(unescape(re.sub(r"<[^<>]*>", " ", html)).split())


class _Finder(HTMLParser):
    """Collects forms with the fields a browser would send."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[SignInForm] = []
        self.refresh = ""
        self._by_id: dict[str, SignInForm] = {}
        self._open: SignInForm | None = None
        self._select: Field | None = None
        self._chosen = False
        self._templates = 0  # how deep inside <template>, whose content is not part of the page
        self._base = ""

    @classmethod
    def read(cls, html: str) -> "_Finder":
        """Read a page."""
        finder = cls()
        try:
            # In one piece, and never closed: with a cut-off tag at its end, close() takes quadratic time.
            finder.feed(html[:MOST_CHARACTERS])
        except AssertionError:  # how the parser gives up on a broken declaration; what came before it counts
            pass
        for form in finder.forms:
            form.base = finder._base
        return finder

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
        elif tag == "meta" and given.get("http-equiv", "").strip().lower() == "refresh":
            found = _REFRESH.match(given.get("content", ""))
            self.refresh = self.refresh or (found[1].strip() if found else "")
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
            hints=_hints(given, "action", "id", "name", "class"),
        )
        self.forms.append(self._open)
        if "id" in given:
            self._by_id.setdefault(given["id"], self._open)

    def _add(self, tag: str, given: _Attributes) -> None:
        form = self._by_id.get(given["form"]) if "form" in given else self._open
        if form is not None and tag != "select" and _presses(tag, given) and not given.get("name") and not form.pressed:
            _press(form, given)
        if form is None or "disabled" in given or not given.get("name"):
            return
        default = {"input": "text", "button": "submit"}.get(tag, tag)
        kind = (given.get("type", "") if tag in ("input", "button") else "").strip().lower() or default
        if kind in _NEVER_SENT or (kind in ("checkbox", "radio") and "checked" not in given):
            return
        if len(form.fields) >= MOST_FIELDS:
            return
        if kind == "submit":
            if form.pressed:
                return
            _press(form, given)
        value = given.get("value", "on" if kind in ("checkbox", "radio") else "")
        entry = Field(
            given["name"],
            kind,
            value,
            _hints(given, "name", "id", "placeholder", "aria-label"),
            frozenset(given.get("autocomplete", "").lower().split()),
            given.get("inputmode", "").strip().lower(),
            given.get("maxlength", "").strip(),
        )
        form.fields.append(entry)
        if kind == "select":
            self._select, self._chosen = entry, False

    def _choose(self, entry: Field, given: _Attributes) -> None:
        """The first option counts, unless a later one is marked as selected."""
        if "selected" in given or not self._chosen:
            entry.value = given.get("value", "")
            self._chosen = True


def _presses(tag: str, given: _Attributes) -> bool:
    """Tell whether something is a button that sends its form."""
    default = {"input": "text", "button": "submit"}.get(tag, tag)
    return (given.get("type", "").strip().lower() or default) == "submit" and "disabled" not in given


def _press(form: SignInForm, given: _Attributes) -> None:
    """Press a button of a form: it may say itself where the form is sent, and how."""
    form.pressed = True
    form.action = given.get("formaction") or form.action
    if "formmethod" in given:
        form.method = "post" if given["formmethod"].strip().lower() == "post" else "get"
    if "formenctype" in given:
        form.multipart = given["formenctype"].strip().lower() == "multipart/form-data"


def _hints(given: _Attributes, *names: str) -> str:
    return " ".join(given.get(name, "")[:200] for name in names)

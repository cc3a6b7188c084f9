"""Form fields for addresses: one, or many of them one a line."""

from collections.abc import Callable, Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analyses.said import translated
from analyses.targets import InvalidTarget, parse_target
from dashboard.numbers import grouped

LONGEST_LINE_SHOWN = 60
MOST_LINES_SHOWN = 10


def checked_address(text: str) -> str:
    """Return the address as it is stored. Raises ValidationError with what to change."""
    try:
        address = parse_target(text)
    except InvalidTarget as error:
        raise ValidationError(translated(error)) from error
    if "*" in address.path:
        raise ValidationError(_("“*” stands for nothing else here. Write the address in full."))
    return address.url


def origin(address: str) -> str:
    """Scheme, host and port of a checked address: what decides who receives a secret. Empty for none."""
    return parse_target(address).origin if address else ""


def shortened(items: Sequence[str], most: int, more: Callable[[int], str]) -> list[str]:
    """The first `most` items, then what `more` says of how many are left out."""
    left = len(items) - most
    return [*items] if left <= 0 else [*items[:most], more(left)]


def _more_lines(left: int) -> str:
    text = ngettext("and %(count)s more lines with a problem", "and %(count)s more lines with a problem", left)
    return text % {"count": grouped(left)}


class AddressField(forms.CharField):
    """One http or https address, answered as it is stored."""

    widget = forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"})

    def clean(self, value: str | None) -> str:
        text = super().clean(value)
        return checked_address(text) if text else ""


class AddressLinesField(forms.CharField):
    """Addresses one a line, answered as a list in the order given; empty lines do not matter.

    Every bad line is named with its number and why. Above `limit` lines only that is said.
    """

    widget = forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false", "wrap": "off"})

    def __init__(self, *, limit: int, advice: str | Promise = "", **kwargs):
        super().__init__(**kwargs)
        self.limit = limit
        self.advice = advice

    def clean(self, value: str | None) -> list[str]:
        text = super().clean(value)
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) > self.limit:
            found = _("These are %(count)s addresses; at most %(most)s are possible here.") % {
                "count": grouped(len(lines)),
                "most": grouped(self.limit),
            }
            raise ValidationError(f"{found} {self.advice}".strip())
        addresses, problems = [], []
        for number, line in lines:
            try:
                addresses.append(checked_address(line))
            except ValidationError as error:
                shown = line if len(line) <= LONGEST_LINE_SHOWN else f"{line[:LONGEST_LINE_SHOWN]}…"
                told = {"number": grouped(number), "line": shown, "problem": error.messages[0]}
                problems.append(_("Line %(number)s (%(line)s): %(problem)s") % told)
        if problems:
            raise ValidationError(shortened(problems, MOST_LINES_SHOWN, _more_lines))
        return addresses

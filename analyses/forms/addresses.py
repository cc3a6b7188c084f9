"""Form fields for addresses: one, or many of them one a line."""

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError

from analyses.targets import InvalidTarget, parse_target

LONGEST_LINE_SHOWN = 60
MOST_LINES_SHOWN = 10


def checked_address(text: str) -> str:
    """Return the address as it is stored. Raises ValidationError with what to change."""
    try:
        address = parse_target(text)
    except InvalidTarget as error:
        raise ValidationError(str(error)) from error
    if "*" in address.path:
        raise ValidationError("“*” stands for nothing else here. Write the address in full.")
    return address.url


def origin(address: str) -> str:
    """Scheme, host and port of a checked address: what decides who receives a secret. Empty for none."""
    return parse_target(address).origin if address else ""


def shortened(items: Sequence[str], most: int, more: str) -> list[str]:
    """The first `most` items, then one saying how many are left out."""
    left = len(items) - most
    return [*items] if left <= 0 else [*items[:most], f"and {left:,} more {more}"]


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

    def __init__(self, *, limit: int, advice: str = "", **kwargs):
        super().__init__(**kwargs)
        self.limit = limit
        self.advice = advice

    def clean(self, value: str | None) -> list[str]:
        text = super().clean(value)
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) > self.limit:
            found = f"These are {len(lines):,} addresses; at most {self.limit:,} are possible here."
            raise ValidationError(f"{found} {self.advice}".strip())
        addresses, problems = [], []
        for number, line in lines:
            try:
                addresses.append(checked_address(line))
            except ValidationError as error:
                shown = line if len(line) <= LONGEST_LINE_SHOWN else f"{line[:LONGEST_LINE_SHOWN]}…"
                problems.append(f"Line {number:,} ({shown}): {error.messages[0]}")
        if problems:
            raise ValidationError(shortened(problems, MOST_LINES_SHOWN, "lines with a problem"))
        return addresses

"""What text may hold that goes into a log, a mail or an HTTP header."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def one_line(text: str) -> None:
    """Validator: no line breaks, and no invisible characters that change how the rest reads."""
    if not text.isprintable():
        raise ValidationError(_("Use one line of text, without line breaks or invisible characters."))


def without_control_characters(text: str) -> None:
    """Validator for what is sent as it is, such as a password."""
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValidationError(_("It holds a line break or another control character."))


def printable_ascii(text: str) -> None:
    """Validator: what may stand in an HTTP header."""
    if not (text.isascii() and text.isprintable()):
        raise ValidationError(_("Use only plain letters, digits and signs (printable ASCII), on one line."))

"""Texts for people that are in English wherever they are kept, and in the reader's language where they are shown.

What is refused is logged and stored by workers, the same for everybody, and said by forms at once. So such a text is
the English one itself, and remembers how it was made. Making one needs no Django: other processes do it too.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

BEHIND = "\x1f"  # a column holds the English text, and behind this sign how it was made


class Count(int):
    """A number that is grouped as its reader writes it: 1,000; ports and places in files are plain numbers."""

    def __str__(self) -> str:
        return f"{self:,}"


@dataclass(frozen=True)
class Moment:
    """A moment as its reader writes it, on the clocks of a zone; `at` is ISO 8601. The zone is not named."""

    at: str
    zone: str = "UTC"
    weekday: bool = False
    seconds: bool = False
    clock: bool = True  # without: a day

    def __str__(self) -> str:
        from django.utils import translation

        with translation.override("en"):
            return self.in_words()

    def in_words(self) -> str:
        """In the language of this moment."""
        from dashboard.moments import day_in_words, moment_in_words

        at = datetime.fromisoformat(self.at)
        if not self.clock:
            return day_in_words(at, weekday=self.weekday)
        return moment_in_words(at, self.zone, weekday=self.weekday, seconds=self.seconds)


class Said(str):
    """A text in English. `forms` are what it is looked up by, one or two where something is counted.

    `context` is that of pgettext, where one word of English is several of another language.
    """

    forms: tuple[str, ...] = ()
    values: Mapping[str, Any] = {}
    number: int = 1
    context: str = ""


def said(text: str, /, **values: Any) -> Said:
    """A text, as modules call it `_`: that is what the collecting of texts looks for. Tuples are said one by one."""
    return _made((text,), values)


def said_of(one: str, many: str, number: int, /, **values: Any) -> Said:
    """A text that counts something, as modules call it `ngettext`; `%(count)s` stands for the number."""
    return _made((one, many), {"count": Count(number), **values}, number)


def said_as(context: str, text: str, /) -> Said:
    """A text that is looked up in a context, as modules call it `pgettext`."""
    return _made((text,), {}, context=context)


def said_label(label: object) -> Said:
    """A label of a form or a choice, which Django translates whenever it is shown."""
    from django.utils import translation

    with translation.override("en"):
        return said(str(label))


def joined(*texts: str, by: str = " ") -> str:
    """These texts as one, with what stands between them; without those that are empty."""
    parts = [text for text in texts if text]
    if len(parts) < 2:
        return parts[0] if parts else ""
    values = {f"part{place}": part for place, part in enumerate(parts)}
    return _made((by.join(f"%({name})s" for name in values),), values)


def said_by(error: Exception) -> str:
    """What an exception says, as it was made; `str` of it would be the English text alone."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def changed(text: str, change: Callable[[str], str]) -> str:
    """A text with something changed in what was filled in, in every language.

    Where the English text needs more than that, it alone remains: what is struck from a text is in none of its forms.
    """
    english = change(str(text))
    if not isinstance(text, Said):
        return english
    values = {name: _changed(value, change) for name, value in text.values.items()}
    made = _made(text.forms, values, text.number, text.context)
    return made if made == english else english


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, tuple):
        return tuple(_changed(part, change) for part in value)
    return changed(value, change) if isinstance(value, str) else value


def _made(forms: tuple[str, ...], values: Mapping[str, Any], number: int = 1, context: str = "") -> Said:
    form = forms[0] if number == 1 else forms[-1]
    filled = {name: " ".join(value) if isinstance(value, tuple) else value for name, value in values.items()}
    made = Said(form % filled if values else form)
    made.forms, made.values, made.number, made.context = forms, values, number, context
    return made


def translated(text: str | Exception) -> str:
    """A text, or what an exception says, in the language of whoever reads it now."""
    text = str(text) if isinstance(text, Exception) and not text.args else text
    text = text.args[0] if isinstance(text, Exception) else text
    if not isinstance(text, Said) or not text:
        return text
    form = _form(text)
    return form % {name: _value(value) for name, value in text.values.items()} if text.values else form


def _form(text: Said) -> str:
    from django.utils.translation import gettext, ngettext, pgettext

    one, many = text.forms[0], text.forms[-1]
    if len(text.forms) > 1:
        return ngettext(one, many, text.number)
    return pgettext(text.context, one) if text.context else gettext(one)


def _value(value: Any) -> Any:
    if isinstance(value, Count):
        from django.utils.formats import number_format

        return number_format(int(value), force_grouping=True)
    if isinstance(value, Moment):
        return value.in_words()
    if isinstance(value, tuple):
        return " ".join(map(translated, value))
    return translated(value) if isinstance(value, str) else value


def packed(text: Any) -> Any:
    """A text as plain data, for another process."""
    if isinstance(text, tuple):
        return [packed(part) for part in text]
    if isinstance(text, Count):
        return {"count": int(text)}
    if isinstance(text, Moment):
        usual = asdict(Moment(text.at))
        return {"moment": {name: value for name, value in asdict(text).items() if name == "at" or value != usual[name]}}
    if not isinstance(text, Said):
        return text
    data: dict[str, Any] = {"forms": list(text.forms)}
    if text.values:
        data["values"] = {name: packed(value) for name, value in text.values.items()}
    if text.number != 1:
        data["number"] = text.number
    if text.context:
        data["context"] = text.context
    return data


def unpacked(data: Any) -> Any:
    """What `packed` made plain data of."""
    if isinstance(data, list):
        return tuple(map(unpacked, data))
    if not isinstance(data, dict):
        return data
    if "count" in data:
        return Count(data["count"])
    if "moment" in data:
        return Moment(**data["moment"])
    values = {name: unpacked(value) for name, value in data.get("values", {}).items()}
    return _made(tuple(data["forms"]), values, data.get("number", 1), data.get("context", ""))


def kept(text: str) -> str:
    """A text as a line to be stored, from which `told` makes it again."""
    return json.dumps(packed(text))


def told(line: str) -> str:
    """The text of a line that was stored. One that was stored as it is, as was done before, is said as it is."""
    try:
        return unpacked(json.loads(line))
    except ValueError:
        return line


def stored(text: str) -> str:
    """A text as a column holds it: in English, and behind that how it was made where the text alone does not tell."""
    english = str(text).replace(BEHIND, " ")
    if not isinstance(text, Said) or not (text.values or text.context):
        return english
    return f"{english}{BEHIND}{json.dumps(packed(text), ensure_ascii=False, separators=(',', ':'))}"


def read(column: str) -> Said:
    """The text that a column holds. A plain one, also of earlier days, is looked up as it stands."""
    english, _, how = column.partition(BEHIND)
    text = said(english)
    if how:
        try:
            made = unpacked(json.loads(how))
            text.forms, text.values, text.number, text.context = made.forms, made.values, made.number, made.context
        except (ValueError, LookupError, TypeError, AttributeError):  # spoiled, or of a later version: English is left
            return said(english)
    return text  # what was told, even if it would be told otherwise now

"""Texts for people that are in English wherever they are kept, and in the reader's language where they are shown.

What is refused is logged and stored by workers, the same for everybody, and said by forms at once. So such a text is
the English one itself, and remembers how it was made. Making one needs no Django: other processes do it too.
"""

import json
from collections.abc import Mapping
from typing import Any


class Count(int):
    """A number that is grouped as its reader writes it: 1,000; ports and places in files are plain numbers."""

    def __str__(self) -> str:
        return f"{self:,}"


class Said(str):
    """A text in English. `forms` are what it is looked up by, one or two where something is counted."""

    forms: tuple[str, ...] = ()
    values: Mapping[str, Any] = {}
    number: int = 1


def said(text: str, /, **values: Any) -> Said:
    """A text, as modules call it `_`: that is what the collecting of texts looks for. Tuples are said one by one."""
    return _made((text,), values, 1)


def said_of(one: str, many: str, number: int, /, **values: Any) -> Said:
    """A text that counts something, as modules call it `ngettext`; `%(count)s` stands for the number."""
    return _made((one, many), {"count": Count(number), **values}, number)


def _made(forms: tuple[str, ...], values: Mapping[str, Any], number: int) -> Said:
    form = forms[0] if number == 1 else forms[-1]
    filled = {name: " ".join(value) if isinstance(value, tuple) else value for name, value in values.items()}
    made = Said(form % filled if values else form)
    made.forms, made.values, made.number = forms, values, number
    return made


def translated(text: str | Exception) -> str:
    """A text, or what an exception says, in the language of whoever reads it now."""
    text = str(text) if isinstance(text, Exception) and not text.args else text
    text = text.args[0] if isinstance(text, Exception) else text
    if not isinstance(text, Said):
        return text
    from django.utils.translation import gettext, ngettext

    one, many = text.forms[0], text.forms[-1]
    form = ngettext(one, many, text.number) if len(text.forms) > 1 else gettext(one)
    return form % {name: _value(value) for name, value in text.values.items()} if text.values else form


def _value(value: Any) -> Any:
    if isinstance(value, Count):
        from django.utils.formats import number_format

        return number_format(int(value), force_grouping=True)
    if isinstance(value, tuple):
        return " ".join(map(translated, value))
    return translated(value) if isinstance(value, str) else value


def packed(text: Any) -> Any:
    """A text as plain data, for another process."""
    if isinstance(text, tuple):
        return [packed(part) for part in text]
    if isinstance(text, Count):
        return {"count": int(text)}
    if not isinstance(text, Said):
        return text
    values = {name: packed(value) for name, value in text.values.items()}
    return {"forms": list(text.forms), "values": values, "number": text.number}


def unpacked(data: Any) -> Any:
    """What `packed` made plain data of."""
    if isinstance(data, list):
        return tuple(map(unpacked, data))
    if not isinstance(data, dict):
        return data
    if "count" in data:
        return Count(data["count"])
    values = {name: unpacked(value) for name, value in data["values"].items()}
    return _made(tuple(data["forms"]), values, data["number"])


def kept(text: str) -> str:
    """A text as a line to be stored, from which `told` makes it again."""
    return json.dumps(packed(text))


def told(line: str) -> str:
    """The text of a line that was stored. One that was stored as it is, as was done before, is said as it is."""
    try:
        return unpacked(json.loads(line))
    except ValueError:
        return line

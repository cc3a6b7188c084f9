"""What a page showed when it was opened, as digests that it carries: what was touched since is told by them."""

import hashlib
import json
from typing import Any

from django import forms
from django.core import signing
from django.forms.widgets import ChoiceWidget
from django.http import QueryDict

from analyses.forms.schedule import SCHEDULE_VALUES
from analyses.forms.secrets import RemoveField, SecretText
from analyses.forms.sign_in import BELONGS_TO

Sent = dict[str, list[str]]  # by the names of a form's elements

# Settings that make sense only together, such as a time and its zone, are one: they change hands together.
_TOGETHER = {
    **dict.fromkeys({"start", *SCHEDULE_VALUES} - {"duration", "prescan_only"}, "schedule"),
    **dict.fromkeys(("sign_in_method", *BELONGS_TO), "sign-in"),
    "excluded_endpoints": "endpoints",
}
_NEVER_SHOWN = (forms.FileField, SecretText, RemoveField)


def together(name: str) -> str:
    """The name of what a setting belongs to; its own where it stands alone."""
    return _TOGETHER.get(name, name)


def shown(form: forms.BaseForm) -> dict[str, Sent]:
    """What a browser sends of each stored setting of a form when nobody touches it."""
    return {
        name: _sent(field.widget, form.add_prefix(name), form[name].value())
        for name, field in form.fields.items()
        if name != "urls" and not field.disabled and not isinstance(field, _NEVER_SHOWN)
    }


def _sent(widget: forms.Widget, name: str, value: Any) -> Sent:
    if isinstance(widget, forms.MultiWidget):
        sent: Sent = {}
        for number, (part, of) in enumerate(zip(widget.widgets, widget.decompress(value) or (), strict=True)):
            sent |= _sent(part, f"{name}_{number}", of)
        return sent
    if isinstance(widget, forms.CheckboxInput):
        return {name: ["on"] if widget.check_test(value) else []}
    text = widget.format_value(value)
    if isinstance(widget, ChoiceWidget):
        return {name: [str(key) for key, _ in widget.choices if str(key) in text]}
    return {name: ["" if text is None else str(text)]}


def digest(sent: Sent) -> str:
    """Eight bytes that tell whether two are the same; browsers end lines in a way of their own."""
    plain = {name: [value.replace("\r\n", "\n") for value in values] for name, values in sent.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def carried(form: forms.BaseForm) -> str:
    """What the page carries of a form: digests of what it shows, or what it was sent with."""
    name = form.add_prefix("opened")
    if form.is_bound:
        return form.data.get(name, "")
    return sign(name, {key: digest(sent) for key, sent in shown(form).items()})


def sign(name: str, digests: dict[str, str]) -> str:
    """The digests as a page carries them under this name."""
    return signing.dumps(digests, salt=name)


def read(name: str, data: QueryDict) -> dict[str, str]:
    """The digests that a page was sent with; none where they are not as they were given out."""
    try:
        found: dict[str, str] = signing.loads(data.get(name, ""), salt=name)
    except signing.BadSignature:
        return {}
    return found

"""Hostile text in every field a target or a person can fill, and what it would do where it is not text.

Each payload calls `pwned`, sends a request below /pwned/, or leaves an element or attribute with `pwn` in its name.
"""

import copy
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import models

from analyses.models.secrets import EncryptedTextField

JAVASCRIPT = "javascript:pwned('href')"
PAYLOADS = (
    "<script>pwned('script')</script>",
    "<img src=x:x onerror=\"pwned('img')\">",
    "<svg onload=pwned('svg')><circle/></svg>",
    "<svg><script>pwned('svg script')</script></svg>",
    "<math><mtext><style><img src=x:x onerror=pwned('math')></style></mtext></math>",
    f'<a href="{JAVASCRIPT}" pwn>a link</a>',
    f'"><iframe src="{JAVASCRIPT}"></iframe>',
    "<iframe srcdoc=\"<script>parent.pwned('srcdoc')</script>\"></iframe>",
    '" autofocus onfocus="pwned(\'focus\')" pwn="',
    "' autofocus onfocus='pwned(1)' pwn='",
    " onmouseover=pwned(1) pwn ",
    '<div hx-get="/pwned/get" hx-trigger="load" pwn></div>',
    '<div hx-on::load="pwned(1)" hx-on:htmx:load="pwned(2)" pwn></div>',
    "<form hx-post='/pwned/post' hx-trigger='load' pwn><input name=a></form>",
    '" hx-get="/pwned/attribute" hx-trigger="load" data-hx-get="/pwned/data" pwn="',
    '<div hx-ext="morph" hx-vals="js:{a: pwned(1)}" hx-get="/pwned/vals" hx-trigger="load" pwn></div>',
    '<p data-live hx-get="/pwned/poll" data-live-note data-status-of="x" data-row data-search pwn>x</p>',
    "</title></textarea></script></style></template></noscript></select></pre><x-pwn></x-pwn>",
    "--><x-pwn></x-pwn><!--",
    "]]><x-pwn></x-pwn>",
    "</script><script>pwned('json')</script>",
    '{"a": "</script><script>pwned(2)</script>"}',
    "';pwned('quote');//",
    '";pwned("quote");//',
    "`${pwned('template')}`",
    "{{ pwned|safe }}{% include 'x' %}{{constructor.constructor('pwned(1)')()}}",
    "<link rel=stylesheet href=/pwned/css><meta http-equiv=refresh content='0;url=/pwned/refresh'>",
    "<base href=/pwned/base/><object data=/pwned/object></object><embed src=/pwned/embed>",
    "<style>@import '/pwned/style'; * { background: url(/pwned/background) }</style>",
    "<details open ontoggle=pwned('toggle')><summary>x</summary></details>",
    "<video><source onerror=pwned('video')></video><audio src=/pwned/audio onerror=pwned('audio')></audio>",
    "<x-pwn style=animation-name:x onanimationstart=pwned(1)></x-pwn>",
    "<img src=/pwned/img srcset='/pwned/set 1x'>",
    "&lt;script&gt;pwned('entity')&lt;/script&gt;",
    "&#60;x-pwn&#62;",
    "%3Cscript%3Epwned('percent')%3C/script%3E",
    "\u003cscript\u003epwned('unicode')\u003c/script\u003e",
    "+ADw-script+AD4-pwned(7)+ADw-/script+AD4-",
    "\u202e<x-pwn>\u2066\u200b\ufeff\x1b[31m\x07\r\nforged: line",
)
SHORT = ("<x-pwn>", '"><x-pwn>', "'><x-pwn>", '" pwn="', "' pwn='", "><x-pwn>")
EVERYTHING = "\n".join(PAYLOADS)
ADDRESS = "http://shop.test/{}"

# What is no text of anybody: words the program knows, digests, and how accounts are found.
OURS = {
    "analyses.Analysis.engine", "analyses.Analysis.zone", "analyses.Analysis.repeat_days",
    "analyses.Analysis.pause_days", "analyses.AnalysisOccurrence.engine", "analyses.AnalysisOccurrence.zone",
    "analyses.AnalysisOccurrence.pause_days",
    "analyses.Finding.fingerprint", "analyses.FindingInstance.digest", "analyses.CrawledUrl.digest",
    "analyses.Worker.queue", "auth.User.password", "auth.User.username", "auth.Permission.name",
    "auth.Permission.codename", "contenttypes.ContentType.app_label", "contenttypes.ContentType.model",
    "sessions.Session.session_key", "sessions.Session.session_data", "admin.LogEntry.object_id",
    "notifications.OutgoingMail.html",  # the page itself: mails are rendered from hostile rows
}  # fmt: skip
# Words of frozen configurations that pages look up.
KNOWN_KEYS = {"sign_in_method", "scope", "speed", "zone", "repeat", "engine", "repeat_days", "pause_days"}
PLAIN_APPS = {
    "account",
    "mfa",
    "socialaccount",
    "usersessions",
    "axes",
}  # of accounts: `tests/accounts` fills their pages


def fitting(number: int, longest: int | None) -> str:
    """A payload that a field of this length takes; another for each number. A long field takes all of them at once."""
    if longest is None or longest >= len(EVERYTHING):
        return EVERYTHING
    fit = [payload for payload in PAYLOADS if len(payload) <= longest] or [
        payload for payload in SHORT if len(payload) <= longest
    ]
    return fit[number % len(fit)] if fit else "<x>"[:longest]


def make_hostile() -> set[str]:
    """Fill every text of every row, of whatever table; answers which fields there were."""
    filled = set()
    for model in apps.get_models():
        if model._meta.app_label in PLAIN_APPS:
            continue
        for number, row in enumerate(model._default_manager.all()):
            for name, value in _hostile_values(model, row, number):
                filled.add(f"{model._meta.label}.{name}")
                model._default_manager.filter(pk=row.pk).update(**{name: value})
    return filled


def _hostile_values(model: type[models.Model], row: models.Model, number: int) -> Iterator[tuple[str, Any]]:
    for place, one in enumerate(model._meta.concrete_fields):
        if f"{model._meta.label}.{one.name}" in OURS or one.choices or isinstance(one, EncryptedTextField):
            continue
        if isinstance(one, models.JSONField):
            yield one.name, replaced(copy.deepcopy(getattr(row, one.name)), number + place)
        elif isinstance(one, models.CharField | models.TextField):
            yield one.name, _text(one, number + place, row.pk)


def _text(one: models.Field, number: int, row: object) -> str:
    """A hostile text for this field; unique where it has to be. Addresses stay addresses: others are never shown."""
    longest = one.max_length
    if isinstance(one, models.EmailField):
        return f'"<x-pwn>{row}"@example.test'
    if one.name in ("url", "login_url", "check_url", "logout_url", "base_url") and row is not None:
        before = ADDRESS.format(f"{row}/?")
        return before + fitting(number, longest and longest - len(before))
    is_only = one.unique or one.name in ("name", "pattern")
    before = f"{row} " if is_only else ""
    return before + fitting(number, longest and longest - len(before))


def replaced(value: Any, number: int, key: str = "") -> Any:
    """The same JSON with hostile texts."""
    if isinstance(value, dict):
        return {name: replaced(inner, number + place, name) for place, (name, inner) in enumerate(value.items())}
    if isinstance(value, list):
        return [replaced(inner, number + place, key) for place, inner in enumerate(value)]
    return fitting(number, 500) if isinstance(value, str) and key not in KNOWN_KEYS else value


def hostile_people() -> None:
    """Names of people and teams."""
    User.objects.update(first_name=fitting(0, 150), last_name=fitting(1, 150))
    for number, group in enumerate(Group.objects.all()):
        Group.objects.filter(pk=group.pk).update(name=f"{group.pk}{fitting(number, 140)}")

"""What a mail says: templates/mail/<event>/ rendered for one reader."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from typing import Any

from css_inline import CSSInliner
from django.conf import settings
from django.template import Context, Engine
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.text import Truncator

from notifications import kinds

SUBJECT_LENGTH = 200


@dataclass(frozen=True)
class Wording:
    """A mail's words. The subject is one line; `html` has its styles on the elements, as mail programs want it."""

    subject: str
    text: str
    html: str


def word(
    event: str,
    context: Mapping[str, Any],
    recipient_name: str = "",
    *,
    unsubscribe_path: str = "",
    unsubscribe_all_path: str = "",
    has_account: bool = False,
    zone: tzinfo = UTC,
    language: str = settings.LANGUAGE_CODE,
) -> Wording:
    """Word the mail of an event; raises TemplateDoesNotExist for an unknown one.

    Times are in `zone`, words in `language`: the writer's are not the reader's. Lazy texts in the context become words
    here, so every reader gets them in their own language. Without details (settings.NOTIFY_WITHOUT_DETAILS) nothing of
    the context is in the mail but its path.
    """
    if settings.NOTIFY_WITHOUT_DETAILS and event in kinds.BY_EVENT:
        event, context = kinds.BARE, {"path": context["path"], "kind": kinds.BY_EVENT[event].label}
    with timezone.override(zone), translation.override(language):
        facts = {
            **_cleaned(context),
            "recipient_name": one_line(recipient_name),
            "site_url": settings.SITE_URL,
            "zone_name": str(zone).replace("_", " "),
            "language": language,
            "unsubscribe_path": unsubscribe_path,
            "unsubscribe_all_path": unsubscribe_all_path,
            "preferences_path": reverse("notifications:preferences") if has_account else "",
        }
        subject = _render(event, "subject.txt", facts)
        text = _render(event, "body.txt", facts)
        html = _render(event, "body.html", facts)
    return Wording(
        subject=Truncator(one_line(subject)).chars(SUBJECT_LENGTH),
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=_inliner().inline(html),
    )


def one_line(text: str) -> str:
    """Return the text without line breaks, control characters and characters that change how others read."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _cleaned(value: Any) -> Any:
    """Bring every text in the context on one line: none may forge a line of the mail, or be trusted as HTML."""
    match value:
        case str() | Promise():
            return one_line(str(value))
        case Mapping():
            return {key: _cleaned(item) for key, item in value.items()}
        case list() | tuple():
            return [_cleaned(item) for item in value]
        case _:
            return value


def _render(event: str, name: str, facts: dict[str, Any]) -> str:
    template = Engine.get_default().get_template(f"mail/{event}/{name}")
    return template.render(Context(facts, autoescape=name.endswith(".html")))


@cache
def _inliner() -> CSSInliner:
    """What moves the layout's styles onto the elements; media queries stay. It loads nothing from anywhere."""
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

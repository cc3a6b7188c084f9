"""What a hook is told, in its format: name, status, counts by severity and a link. No address, cause or finding.

In English, always: programs and channels have no language of their own.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from notifications.kinds import BY_EVENT
from notifications.models import Hook, HookFormat
from notifications.wording import one_line

_LONGEST = 150  # of a text in a chat message: what Slack takes in a heading


def body_for(hook: Hook, event: str, context: Mapping[str, Any]) -> str:
    """The message as JSON."""
    with translation.override("en"):  # a hook is no reader: what it is told does not hang on who was at work
        facts = _facts(event, context)
    match hook.format:
        case HookFormat.SLACK:
            return json.dumps(_slack(facts))
        case HookFormat.TEAMS:
            return json.dumps(_teams(facts))
        case _:
            return json.dumps(facts)


def _facts(event: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """Exactly what leaves: everything else in the context stays here."""
    if settings.NOTIFY_WITHOUT_DETAILS:
        context = {"analysis_name": "", "path": context["path"]}
    counts = dict(context.get("severities", ()))
    return {
        "event": event,
        "title": str(BY_EVENT[event].label) if event in BY_EVENT else "Test",
        "analysis": one_line(str(context["analysis_name"])),
        "run": context.get("occurrence_number"),
        "status": one_line(str(context.get("status", ""))),
        "counts": counts or None,
        "link": f"{settings.SITE_URL}{context['path']}",
        "at": timezone.now().isoformat(timespec="seconds"),
    }


def _heading(facts: Mapping[str, Any]) -> str:
    return ": ".join(filter(None, (facts["title"], facts["analysis"])))[:_LONGEST]


def _details(facts: Mapping[str, Any]) -> dict[str, str]:
    """Status and counts as people read them; only words of our own."""
    details = {"Status": str(facts["status"])}
    if facts["counts"]:
        details["Findings"] = ", ".join(f"{count} {label}" for label, count in facts["counts"].items() if count)
        details["Findings"] = details["Findings"] or "none"
    return {label: text for label, text in details.items() if text}


def _slack(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Block Kit. Names stand in plain text only: as markup they could call people or hide links."""
    lines = "\n".join(f"{label}: {text}" for label, text in _details(facts).items())
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(_heading(facts))},
        {"type": "section", "text": _plain(lines or facts["title"])},
        {
            "type": "actions",
            "elements": [{"type": "button", "text": _plain("Open in Vedette"), "url": facts["link"]}],
        },
    ]
    return {"text": _escaped(_heading(facts)), "blocks": blocks}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(facts: Mapping[str, Any]) -> dict[str, Any]:
    """An adaptive card. Names stand in text runs only, which know no markup, so that no name becomes a link."""
    details = [{"title": label, "value": text} for label, text in _details(facts).items()]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": facts["title"], "weight": "Bolder", "size": "Medium", "wrap": True},
            *_if(facts["analysis"], {"type": "RichTextBlock", "inlines": [_run(facts["analysis"][:_LONGEST])]}),
            *_if(details, {"type": "FactSet", "facts": details}),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open in Vedette", "url": facts["link"]}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str) -> dict[str, Any]:
    return {"type": "TextRun", "text": text}


def _if(given: object, block: dict[str, Any]) -> list[dict[str, Any]]:
    """A block, where there is something in it: cards with empty ones are refused."""
    return [block] if given else []

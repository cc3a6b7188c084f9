"""What the signed-in see of a site: a page with a flaw, which strangers never get."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.targets.serving import Answer, Asked
from tests.targets.sites import FormSite

GREETING = "Welcome, alice"
FLAWED = "/search"
PATIENCE = 10.0  # seconds


@dataclass
class FlawedInside:
    """Leads those whom `site` lets in to a page that shows whatever word it is given, script or not."""

    site: Callable[[Asked], Answer]

    def __call__(self, asked: Asked) -> Answer:
        answer = self.site(asked)
        if GREETING not in str(answer.body):
            return answer
        shown = asked.query.get("word", "") if asked.path == FLAWED else f"<a href='{FLAWED}?word=a'>Search</a>"
        return Answer(f"<html><h1>{GREETING}</h1><p>{shown}</p></html>")


@dataclass
class Forgetful(FlawedInside):
    """Ends its session once, with the first attack. Who comes back with the old one is kept waiting.

    So whoever is to find the flaw has to notice, to sign in again, and to come with the new session.
    """

    site: FormSite = field(default_factory=FormSite)
    ended: str = ""  # the session that is over
    renewed: threading.Event = field(default_factory=threading.Event)  # an attack has come with another one

    def __call__(self, asked: Asked) -> Answer:
        session = asked.cookies.get("session", "")
        if is_attack(asked) and not self.ended:
            self.ended = session
            self.site.forget_everybody()
        if asked.path == FLAWED and session == self.ended:
            self.renewed.wait(PATIENCE)
        elif is_attack(asked):
            self.renewed.set()
        return super().__call__(asked)


def is_attack(asked: Asked) -> bool:
    """Whether this is no following of the page's own link."""
    return asked.path == FLAWED and asked.query.get("word") != "a"

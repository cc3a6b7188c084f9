"""What signing in does, one stage after the other, for whoever looks on: in words, and with pictures of a browser.

A recorded script is pictured while it is played. Where no browser is needed to sign in, pages are pictured afterwards,
so that nothing waits for a browser between a form and its answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from analyses.prescan.contract import PrescanTarget, Session, SignInMethod, Stage
from analyses.prescan.playing import Said, decoded, picture, typed_in
from analyses.prescan.side import Command
from analyses.said import changed
from analyses.said import said as _
from analyses.targets import Address

LEAST_SECRET = 4  # characters; shorter texts are part of other words
MOST_STAGES = 60
MOST_BYTES = 3_000_000  # of all their pictures; those that come later are left out


@dataclass(frozen=True)
class View:
    """A page to be pictured, and the session that sees it."""

    address: Address
    session: Session


@dataclass
class Stages:
    """The stages of one sign-in, in their order, bounded in number and size."""

    told: list[tuple[str, bytes | View]] = field(default_factory=list)

    def tell(self, words: str, shown: bytes | View = b"") -> None:
        """Add one; `shown` is its picture, or what to take it of."""
        if len(self.told) < MOST_STAGES:
            self.told.append((words, shown))

    def tell_played(self, commands: Sequence[Command], outcome: Said) -> None:
        """Add the commands of a script as far as they were played, each with the picture after it."""
        shots, failed_at = outcome.get("shots", {}), outcome.get("at")
        for at, command in enumerate(commands):
            words = _named(command, commands)
            if at == failed_at:
                self.tell(_("%(words)s: not done", words=words), picture(outcome))
                break
            self.tell(words, decoded(shots.get(at, "")))

    def finished(self, target: PrescanTarget, pictures: dict[View, bytes]) -> tuple[Stage, ...]:
        """All of them, with the pictures that have been taken of their views, and without secrets in their words."""
        stages, left = [], MOST_BYTES
        for words, shown in self.told:
            taken = pictures.get(shown, b"") if isinstance(shown, View) else shown
            taken = taken if len(taken) <= left else b""
            left -= len(taken)
            stages.append(Stage(target.sign_in.struck_from(words), taken))
        return tuple(stages)

    @property
    def views(self) -> list[View]:
        """What is to be pictured, each once."""
        return list(dict.fromkeys(shown for _, shown in self.told if isinstance(shown, View)))


def _named(command: Command, commands: Sequence[Command]) -> str:
    """Where a command stands, without what the script types and without queries, which may be tokens."""
    if command.name == "open":
        command = replace(command, target=command.target.partition("?")[0].partition("#")[0])
    words = command.label
    for text in sorted(typed_in(commands), key=len, reverse=True):
        words = _without(text, words) if len(text) >= LEAST_SECRET else words
    return words


def _without(secret: str, words: str) -> str:
    return changed(words, lambda part: part.replace(secret, "•••"))


def sent_as(target: PrescanTarget, header: str) -> str:
    """What a request carries, for people; never its value."""
    if target.sign_in.method is SignInMethod.BASIC:
        return _("user name and password (HTTP basic)")
    return _("the header %(header)s", header=header)

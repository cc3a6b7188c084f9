"""Links that unsubscribe: whoever has the mail may, without signing in. They are signed, and hold for ever."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.urls import reverse

from notifications import kinds, wishes
from notifications.models import Choice

_SALT = "notifications.unsubscribe"


class NoSuchLink(Exception):
    """The link was not made here, or its person or kind of mail is gone."""


@dataclass(frozen=True)
class Reader:
    """Who a link is for: a person, or an address without an account; and for which kind of mail."""

    event: str
    user: User | None = None
    address: str = ""

    @property
    def is_away(self) -> bool:
        """Whether they get no mails of this kind now."""
        if self.user is None:
            return wishes.is_unsubscribed(self.address, self.event)
        choices = wishes.choices_of(self.user)
        if self.event == kinds.DIGEST:
            return Choice.DAILY not in choices.values()
        return choices[self.event] == Choice.NONE

    def leave(self) -> dict[str, Choice]:
        """Unsubscribe; return the choices that this has changed, for `come_back`."""
        if self.user is None:
            wishes.unsubscribe_address(self.address, self.event)
            return {}
        choices = wishes.choices_of(self.user)
        if self.event == kinds.DIGEST:
            left: dict[str, Choice] = {event: choice for event, choice in choices.items() if choice == Choice.DAILY}
        else:
            left = {self.event: choices[self.event]}
        wishes.choose(self.user, dict.fromkeys(left, Choice.NONE))
        return left

    def come_back(self, choices: dict[str, Choice]) -> None:
        """Undo it: with these choices, as far as this link is about them."""
        if self.user is None:
            wishes.subscribe_address(self.address, self.event)
            return
        about = {kind.event for kind in kinds.OPTIONAL} if self.event == kinds.DIGEST else {self.event}
        back = {event: choice for event, choice in choices.items() if event in about and choice != Choice.NONE}
        wishes.choose(self.user, back or {event: Choice.AT_ONCE for event in about if event == self.event})


def path_for(event: str, to: str, user_id: int | None) -> str:
    """The page that unsubscribes from mails like this one; empty where they must arrive. Always the same."""
    if not kinds.is_optional(event):
        return ""
    about = [event, user_id] if user_id else [event, to.lower()]
    return reverse("notifications:unsubscribe", args=[signing.Signer(salt=_SALT).sign_object(about)])


def headers_for(event: str, to: str, user_id: int | None) -> dict[str, str]:
    """The headers by which mail programs unsubscribe with one click (RFC 8058)."""
    path = path_for(event, to, user_id)
    if not path:
        return {}
    return {
        "List-Unsubscribe": f"<{settings.SITE_URL}{path}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def reader_of(token: str) -> Reader:
    """Whose link it is. Raises NoSuchLink."""
    try:
        event, whose = signing.Signer(salt=_SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NoSuchLink from error
    if not kinds.is_optional(event):
        raise NoSuchLink
    if isinstance(whose, str):
        return Reader(event, address=whose)
    user = User.objects.filter(pk=whose).first()
    if user is None:
        raise NoSuchLink
    return Reader(event, user=user)

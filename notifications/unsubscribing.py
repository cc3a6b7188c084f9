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
    """Who a link is for: a person, or an address without an account; and for which kind of mail, or all."""

    event: str
    user: User | None = None
    address: str = ""

    @property
    def _about(self) -> set[str]:
        """The kinds that the link may stop."""
        several = self.event in (kinds.DIGEST, kinds.ALL)
        return {kind.event for kind in kinds.OPTIONAL} if several else {self.event}

    @property
    def is_away(self) -> bool:
        """Whether they get no mails now of what the link is for."""
        return not self._comes

    @property
    def _comes(self) -> dict[str, Choice]:
        """What comes to them, of what the link is for."""
        if self.user is None:
            away = {event for event in self._about if wishes.is_unsubscribed(self.address, event)}
            return dict.fromkeys(self._about - away, Choice.AT_ONCE)
        stopped = {Choice.NONE, Choice.AT_ONCE} if self.event == kinds.DIGEST else {Choice.NONE}
        choices = wishes.choices_of(self.user).items()
        return {event: choice for event, choice in choices if event in self._about and choice not in stopped}

    def leave(self) -> dict[str, Choice]:
        """Unsubscribe; return the choices that this has changed, for `come_back`."""
        left = self._comes
        if self.user is None:
            for event in left:
                wishes.unsubscribe_address(self.address, event)
        else:
            wishes.choose(self.user, dict.fromkeys(left, Choice.NONE))
        return left

    def come_back(self, choices: dict[str, Choice]) -> None:
        """Undo it: with these choices, as far as this link is about them; without any, all of it at once."""
        back = {event: choice for event, choice in choices.items() if event in self._about and choice != Choice.NONE}
        if not back and self.event != kinds.DIGEST:
            back = dict.fromkeys(self._about, Choice.AT_ONCE)
        if self.user is not None:
            wishes.choose(self.user, back)
            return
        for event in back:
            wishes.subscribe_address(self.address, event)


def _can_be_left(event: str) -> bool:
    return event == kinds.ALL or kinds.is_optional(event)


def path_for(event: str, to: str, user_id: int | None) -> str:
    """The page that unsubscribes from mails like this one; empty where they must arrive. Always the same."""
    if not _can_be_left(event):
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
    if not _can_be_left(event):
        raise NoSuchLink
    if isinstance(whose, str):
        return Reader(event, address=whose)
    user = User.objects.filter(pk=whose).first()
    if user is None:
        raise NoSuchLink
    return Reader(event, user=user)

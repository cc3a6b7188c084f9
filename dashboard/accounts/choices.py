"""What somebody chose for themselves: kept in a row of theirs, and read by pages from the session."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest


@dataclass(frozen=True)
class Choice:
    """One thing that people choose: a model with a row for each who did, and its field of text with what they chose.

    Empty stands for no choice. Pages ask the database for nothing: the session holds it from the sign-in on.
    """

    model: type[Model]
    field: str
    session_key: str

    def by(self, users: Collection[int]) -> dict[int, str]:
        """What these people chose, by their numbers; whoever chose nothing is not among them."""
        rows = self.model._default_manager.filter(user__in=users)
        return dict(rows.values_list("user", self.field)) if users else {}

    def of(self, request: HttpRequest) -> str:
        """What the session says."""
        return request.session.get(self.session_key, "")

    def begin(self, request: HttpRequest, user: User, **_signal: Any) -> None:
        """Somebody has signed in: what they chose elsewhere holds here too."""
        request.session[self.session_key] = self.by([user.pk]).get(user.pk, "")

    def keep(self, request: HttpRequest, value: str) -> None:
        """Keep what the user chose; here it holds at once, elsewhere from the next sign-in on."""
        rows = self.model._default_manager
        if value:
            rows.update_or_create(user=request.user, defaults={self.field: value})
        else:
            rows.filter(user=request.user).delete()
        request.session[self.session_key] = value


@dataclass(frozen=True)
class Switch:
    """One thing that people switch off for themselves: a model with a row for each who did. Read from the session."""

    model: type[Model]
    session_key: str

    def is_off(self, request: HttpRequest) -> bool:
        """What the session says."""
        return request.session.get(self.session_key, False)

    def begin(self, request: HttpRequest, user: User, **_signal: Any) -> None:
        """Somebody has signed in: what they switched off elsewhere is off here too."""
        request.session[self.session_key] = self.model._default_manager.filter(user=user).exists()

    def turn(self, request: HttpRequest, *, off: bool) -> None:
        """Switch it off or on for the user; here it holds at once, elsewhere from the next sign-in on."""
        rows = self.model._default_manager
        if off:
            rows.get_or_create(user=request.user)
        else:
            rows.filter(user=request.user).delete()
        request.session[self.session_key] = off

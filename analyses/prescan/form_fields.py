"""A form of a page, and which of its fields ask for the user name, the password and a one-time code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_USER_KINDS = frozenset({"text", "email", "tel", "number", ""})
_CODE_KINDS = _USER_KINDS | {"password"}
_USER_WORDS = re.compile(r"user|login|e-?mail|account|name|\bid\b", re.IGNORECASE)
_CODE_WORDS = re.compile(
    r"otp|2fa|mfa|two.?factor|one.?time|authenticator|(verif\w*|auth\w*|security|login|sms).?code", re.IGNORECASE
)
_WEAK_CODE_WORDS = re.compile(r"(\b|_)(code|pin|token)(\b|_)|passcode", re.IGNORECASE)
_NO_CODE = re.compile(r"captcha|coupon|csrf|xsrf|post.?code|zip|promo|voucher|country|area.?code", re.IGNORECASE)
_SIGN_IN_WORDS = re.compile(r"log.?[io]n|sign.?in|auth|session|identif|user", re.IGNORECASE)
_NO_SIGN_IN = re.compile(r"search|newsletter|subscri|regist|sign.?up|contact|forgot|reset|recover", re.IGNORECASE)
_NEW_ACCOUNT = re.compile(r"regist|sign.?up|create|new.?account|join", re.IGNORECASE)


@dataclass
class Field:
    """One of the fields that a browser would send."""

    name: str
    kind: str
    value: str
    hints: str = ""  # what its page says of it: name, id, placeholder
    autocomplete: frozenset[str] = frozenset()
    inputmode: str = ""
    longest: str = ""

    @property
    def user_likeness(self) -> int:
        """How much it looks like the one for a user name."""
        if self.autocomplete & {"username", "email"}:
            return 3
        if self.code_likeness:
            return 0
        return 2 if self.kind == "email" or _USER_WORDS.search(self.hints) else 1

    @property
    def code_likeness(self) -> int:
        """How much it looks like one for a one-time code, 0 for not at all; 2 and more are beyond doubt."""
        if self.kind not in _CODE_KINDS or self.autocomplete & {"username", "email", "current-password"}:
            return 0
        if "one-time-code" in self.autocomplete:
            return 3
        if _NO_CODE.search(self.hints):
            return 0
        if _CODE_WORDS.search(self.hints):
            return 2
        if self.kind == "password":
            return 0
        return 1 if self.inputmode == "numeric" or _WEAK_CODE_WORDS.search(self.hints) else 0


@dataclass
class SignInForm:
    """A form of a page. `action` is as written there, relative to its `base` if any."""

    action: str = ""
    method: str = "get"
    multipart: bool = False
    base: str = ""
    hints: str = ""  # what its page says of it
    fields: list[Field] = field(default_factory=list)
    pressed: bool = False  # only the first of its buttons is pressed

    @property
    def passwords(self) -> int:
        """How many password fields it has: one asks to sign in, more ask to choose a new password."""
        return sum(1 for _ in self._passwords())

    @property
    def makes_accounts(self) -> bool:
        """Tell whether it rather makes a new account."""
        new = any("new-password" in entry.autocomplete for entry in self._passwords())
        return new or bool(_NEW_ACCOUNT.search(self.hints))

    @property
    def user_field(self) -> str:
        """The name of the field for the user name; empty when there is none."""
        password = next(self._passwords(), None)
        best, best_score = "", 0
        for entry in self.fields:
            if entry is password:
                break
            # Among equals the last before the password wins.
            if entry.kind in _USER_KINDS and (score := entry.user_likeness) >= best_score:
                best, best_score = entry.name, score
        return best

    @property
    def code_fields(self) -> list[Field]:
        """The fields for a one-time code, those that look most like it; several are for a digit each."""
        most = max((entry.code_likeness for entry in self.fields), default=0)
        return [entry for entry in self.fields if entry.code_likeness == most] if most else []

    @property
    def asks_for_code(self) -> bool:
        """Tell whether it asks for a one-time code and for no password, beyond doubt."""
        return not self.passwords and any(entry.code_likeness > 1 for entry in self.fields)

    @property
    def asks_for_name(self) -> bool:
        """Tell whether it asks for the user name alone: the password comes on the page after it."""
        if self.passwords or self.method != "post" or _NO_SIGN_IN.search(self.hints):
            return False
        entry = next((entry for entry in self.fields if entry.name == self.user_field), None)
        if entry is None or _NO_SIGN_IN.search(entry.hints):
            return False
        named = "username" in entry.autocomplete
        return named or (entry.user_likeness > 1 and bool(_SIGN_IN_WORDS.search(f"{self.hints} {entry.hints}")))

    def filled(self, username: str, password: str = "", code: str = "") -> tuple[tuple[str, str], ...]:
        """Every field of the form in its order, with what is known filled in."""
        password_entry, user_field = next(self._passwords(), None), self.user_field
        codes = self._codes(code)
        fields = []
        for entry in self.fields:
            value = codes.pop(id(entry), entry.value)
            if entry is password_entry:
                value = password
            elif entry.name == user_field and entry.kind in _USER_KINDS and not (code and entry.code_likeness):
                value = username
            fields.append((entry.name, value))
        return tuple(fields)

    def _codes(self, code: str) -> dict[int, str]:
        """What goes into which field of a one-time code."""
        entries = self.code_fields if code else []
        if len(entries) >= len(code) and all(entry.longest == "1" for entry in entries):
            return {id(entry): digit for entry, digit in zip(entries, code, strict=False)}
        return {id(entry): code for entry in entries[:1]}

    def _passwords(self) -> Iterator[Field]:
        return (entry for entry in self.fields if entry.kind == "password" and not entry.code_likeness)

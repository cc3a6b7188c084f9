"""What a person does at the pages of their account, in a browser that checks CSRF tokens as a real one has to."""

import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.test import Client

PASSWORD = "a-long-password-1"
OTHER = "quite another passphrase"


class Person:
    """Somebody in front of a browser."""

    def __init__(self, user: User, password: str = PASSWORD, **defaults):
        self.user, self.password = user, password
        self.browser = Client(enforce_csrf_checks=True, **defaults)
        self.secret = ""

    def get(self, path: str, **options):
        return self.browser.get(path, **options)

    def post(self, path: str, sent: dict | None = None, *, form: str = "", follow: bool = True, **options):
        """Send a form of the page at `form`, by default the one it is sent to."""
        page = self.browser.get(form or path)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
        given = {"csrfmiddlewaretoken": token[1] if token else ""}
        return self.browser.post(path, (sent or {}) | given, follow=follow, **options)

    def sign_in(self, password: str = "", then: str = "", **options):
        sent = {"username": self.user.get_username(), "password": password or self.password, "next": then}
        return self.post("/sign-in/", sent, **options)

    def is_signed_in(self) -> bool:
        return self.browser.get("/account/").status_code == 200

    def confirm(self):
        """Say again who they are, by password."""
        return self.post("/account/confirm/", {"password": self.password})

    def set_up_app(self):
        """Set up an authenticator app, and return the page that follows."""
        self.confirm()
        self.browser.get("/account/app/add/")
        self.secret = self.browser.session["mfa.totp.secret"]
        page = self.browser.get("/account/app/add/")
        self.secret = page.context["form"].secret
        token = str(page.context["csrf_token"])
        sent = {"code": self.code(), "csrfmiddlewaretoken": token}
        return self.browser.post("/account/app/add/", sent, follow=True)

    def code(self, steps: int = 0) -> str:
        """What the app shows now, or so many steps of half a minute later."""
        return format_hotp_value(hotp_value(self.secret, int(time.time()) // 30 + steps))

    def give_code(self, code: str):
        return self.post("/sign-in/second-factor/", {"code": code})

    def recovery_codes(self) -> list[str]:
        return Authenticator.objects.get(user=self.user, type="recovery_codes").wrap().get_unused_codes()

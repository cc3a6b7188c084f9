"""What a new installation is given: an administrator and, to look at, an analysis of the demo shop."""

import secrets
import string

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from analyses import demo_shop, lifecycle
from analyses.models import AllowedTarget, Analysis, Scan
from analyses.prescan.contract import SignInMethod

ADMINISTRATOR = "admin"
PASSWORD_LENGTH = 20
PASSWORD_CHARACTERS = string.ascii_letters + string.digits  # a double click selects all of it
DEMO_NAME = "Demo shop"


class WeakPassword(Exception):
    """ADMIN_PASSWORD is one nobody should use; the message says why."""


def make_administrator(password: str = "") -> tuple[User, str]:
    """Return the first administrator, made now when there is none, and their password if it was made up here.

    Raises WeakPassword.
    """
    existing = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if existing:
        return existing, ""
    made_up = "" if password else "".join(secrets.choice(PASSWORD_CHARACTERS) for _ in range(PASSWORD_LENGTH))
    administrator = User(username=ADMINISTRATOR, email=f"{ADMINISTRATOR}@localhost", is_staff=True, is_superuser=True)
    try:
        validate_password(password or made_up, administrator)
    except ValidationError as error:
        raise WeakPassword(f"ADMIN_PASSWORD is refused: {' '.join(error.messages)}") from error
    administrator.set_password(password or made_up)
    administrator.save()
    return administrator, made_up


def submit_demo(address: str, owner: User) -> Analysis | None:
    """Submit an analysis of the demo shop at `address` (host:port), once in an installation's life.

    What an administrator deleted is not made again. Return the analysis, or None when there was nothing to do.
    """
    with transaction.atomic():
        _target, is_new = AllowedTarget.objects.get_or_create(
            pattern=address, defaults={"note": "The demo shop that comes with Vedette; only this machine reaches it."}
        )
        if not is_new or Analysis.objects.filter(name__iexact=DEMO_NAME).exists():
            return None
        analysis = Analysis.objects.create(
            name=DEMO_NAME,
            description="A small shop with planted flaws that comes with Vedette. It runs on this machine only.",
            owner=owner,
            schedule_changed_by=owner,
        )
        Scan.objects.create(
            analysis=analysis,
            url=f"http://{address}/",
            sign_in_method=SignInMethod.FORM,
            login_url=f"http://{address}/login",
            username=demo_shop.USERNAME,
            secret=demo_shop.PASSWORD,
            check_url=f"http://{address}/account",
            check_text=f"Signed in as {demo_shop.USERNAME}",
            logout_url=f"http://{address}/logout",
        )
        lifecycle.created(analysis, owner)
        lifecycle.submit(analysis, owner)
    return analysis

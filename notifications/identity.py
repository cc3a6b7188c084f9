"""How this installation's mails identify themselves to mail servers and programs."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.crypto import salted_hmac


def message_id(key: str) -> str:
    """Return the Message-ID of the mail with this key, always the same. It gives away neither key nor address."""
    return f"<{salted_hmac('notifications.message_id', key).hexdigest()}@{_host()}>"


def thread_headers(thread: str) -> dict[str, str]:
    """Return the headers by which mail programs keep the mails of a thread together: all answer one that never was."""
    if not thread:
        return {}
    first = message_id(f"thread:{thread}")
    return {"In-Reply-To": first, "References": first}


def idempotency_key(key: str) -> str:
    """Return the Idempotency-Key of the message to a hook with this key, always the same."""
    return salted_hmac("notifications.idempotency_key", key).hexdigest()


def headers() -> dict[str, str]:
    """Return the headers that let people filter our mails and keep programs from answering them."""
    return {
        "List-Id": f"Vedette <notifications.{urlsplit(settings.SITE_URL).hostname}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def _host() -> str:
    """Return the site's host as Message-IDs write it: an IPv6 address in brackets."""
    host = urlsplit(settings.SITE_URL).hostname or ""
    return f"[{host}]" if ":" in host else host

"""Usual browsers, by name, with what they say of themselves."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
USER_AGENTS: list[tuple[str | Promise, str]] = [
    (
        gettext_lazy("Chrome on Windows"),
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/140.0.0.0 Safari/537.36",
    ),
    (
        gettext_lazy("Firefox on Windows"),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    (
        gettext_lazy("Safari on macOS"),
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
        "Safari/605.1.15",
    ),
    (
        gettext_lazy("Chrome on Android"),
        f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36",
    ),
    (
        gettext_lazy("Safari on iPhone"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.0 Mobile/15E148 Safari/604.1",
    ),
]

"""Headers of every answer: of pages, files, redirects and errors alike, whoever they are for."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers

# What a page of ours asks of a browser beyond showing it: nothing. Names that Chromium does not know, it complains of.
NOT_USED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "display-capture",
    "encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts",
    "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
# `publickey-credentials-*` is not among them: people sign in with security keys.
PERMISSIONS_POLICY = ", ".join(f"{name}=()" for name in NOT_USED)

_GetResponse = Callable[[HttpRequest], HttpResponseBase]


class EveryAnswerMiddleware:
    """Stands outside of everything that can answer by itself, such as the files' own server and the https redirect.

    No other site may take an answer into its pages, and a browser grants them nothing.
    """

    def __init__(self, get_response: _GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        answer.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        return answer


class NotKeptMiddleware:
    """Stands inside of the files' own server: no page is kept by any cache, also not for whoever signs in next."""

    def __init__(self, get_response: _GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        add_never_cache_headers(answer)
        return answer

"""What of an analysis is scanned: URLs, and APIs by their specifications, each with how to sign in."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from analyses.engines.contract import Speed
from analyses.models.configuration import Analysis
from analyses.models.secrets import EncryptedTextField, ScanSecrets, SealedRow
from analyses.prescan.contract import SignInMethod

SCOPES = [
    ("folder", gettext_lazy("The address and everything below it")),
    ("directory", gettext_lazy("Its directory only, without subdirectories")),
    ("page", gettext_lazy("This page only")),
    ("domain", gettext_lazy("The whole host")),
]
SPEEDS = [
    (Speed.SLOW, gettext_lazy("Slow: one request at a time")),
    (Speed.NORMAL, gettext_lazy("Normal")),
    (Speed.FAST, gettext_lazy("Fast: for a system that can take it")),
]


class Specification(SealedRow):
    """An API specification as it was read: never changed, so that what ran stays true. A new file is a new row."""

    analysis = models.ForeignKey(
        Analysis, null=True, blank=True, on_delete=models.CASCADE, related_name="specifications",
        help_text="None while the page it was read for has not been saved.",
    )  # fmt: skip
    name = models.CharField(max_length=200, help_text="Of the file.")
    title = models.CharField(max_length=200, blank=True)
    form = models.CharField(max_length=40, help_text="Such as OpenAPI 3.1 or HAR.")
    base_url = models.CharField(max_length=2000, blank=True, help_text="The server that it names.")
    endpoints = models.JSONField(help_text="Its endpoints, such as {method: GET, path: /pets/{id}, summary: …}.")
    notes = models.TextField(blank=True, help_text="What of the file was left out, one a line.")
    requests = EncryptedTextField(help_text="One request for each endpoint, as JSON; values may be secrets.")
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Scan(ScanSecrets):
    """One target of an analysis, a URL or an API by its specification, with how to sign in to it."""

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="scans")
    position = models.PositiveIntegerField(default=0)
    url = models.CharField(max_length=2000, help_text="Of an API: its base URL.")
    specification = models.ForeignKey(
        Specification, null=True, blank=True, on_delete=models.RESTRICT, related_name="scans"
    )
    excluded_endpoints = models.JSONField(default=list, blank=True, help_text="Such as DELETE /pets/{id}.")
    scope = models.CharField(max_length=10, choices=SCOPES, default="folder")
    both_schemes = models.BooleanField(default=False, help_text="Scan its http or https twin too.")
    allowed_hosts = models.TextField(blank=True, help_text="Other hosts it may go on to, one a line.")
    excluded_urls = models.TextField(blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    headers_name = models.CharField(max_length=1000, blank=True, help_text="The names of the extra headers.")
    speed = models.CharField(max_length=10, choices=SPEEDS, default=Speed.NORMAL)
    sign_in_method = models.CharField(
        max_length=10,
        choices=[
            (SignInMethod.NONE, gettext_lazy("None")),
            (SignInMethod.FORM, gettext_lazy("Sign-in form")),
            (SignInMethod.BASIC, gettext_lazy("HTTP basic")),
            (SignInMethod.HEADER, gettext_lazy("Header or bearer token")),
            (SignInMethod.SCRIPT, gettext_lazy("Recorded login script")),
        ],
        default=SignInMethod.NONE,
    )
    login_url = models.CharField(max_length=2000, blank=True)
    username = models.CharField(max_length=200, blank=True)
    header = models.CharField(max_length=100, blank=True)
    check_text = models.CharField(max_length=300, blank=True)
    check_url = models.CharField(max_length=2000, blank=True)
    logout_url = models.CharField(max_length=2000, blank=True)
    client_certificate_name = models.CharField(max_length=200, blank=True, help_text="Whose it is, and until when.")
    login_script_name = models.CharField(max_length=200, blank=True)
    logout_script_name = models.CharField(max_length=200, blank=True)
    crawl_script_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["analysis", "url"], condition=Q(specification=None), name="scan_url_once_per_analysis"
            ),
            models.UniqueConstraint(fields=["specification"], name="scan_specification_once"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What it is called: its URL; an API by its file too."""
        return f"{self.specification.name} at {self.url}" if self.specification else self.url

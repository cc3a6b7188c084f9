"""How far a scan goes, and how it behaves towards its target."""

import re
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.addresses import parse_target, twin
from analyses.configuring import Secret
from analyses.forms.addresses import AddressLinesField, origin
from analyses.forms.secrets import NEVER_SHOWN, RemoveField, SecretsForm, SecretText, SecretTextarea
from analyses.forms.text import printable_ascii
from analyses.models.scans import SCOPES, SPEEDS

MOST_EXCLUDED = 200
MOST_HOSTS = 20
MOST_HEADERS = 20
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Headers that belong to the connection or to the engine itself.
RESERVED_HEADERS = frozenset(
    {
        "connection", "content-length", "content-type", "cookie", "expect", "host", "keep-alive",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "user-agent", "via",
    }
)  # fmt: skip
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class PlacesField(AddressLinesField):
    """Other hosts, one a line: a host alone means https there."""

    def clean(self, value: str | None) -> list[str]:
        lines = (line.strip() for line in (value or "").splitlines())
        places = super().clean("\n".join(line if not line or "://" in line else f"https://{line}" for line in lines))
        for place in places or []:
            if parse_target(place).target != "/":
                raise forms.ValidationError(
                    _("%(place)s: give the host only, such as https://cdn.example.com/.") % {"place": place}
                )
        return places


class ReachFields(SecretsForm):
    scope = forms.ChoiceField(
        label=gettext_lazy("What is scanned"),
        choices=SCOPES,
        help_text=gettext_lazy(
            "How far it follows links from the URL. It never leaves the host but for those named below."
        ),
    )
    both_schemes = forms.BooleanField(
        label=gettext_lazy("Scan its http or https twin too"),
        required=False,
        help_text=gettext_lazy(
            "The same address with the other scheme, at that scheme's own port. Headers and certificates are not sent "
            "there, nor to further hosts."
        ),
    )
    allowed_hosts = PlacesField(
        label=gettext_lazy("Further hosts"),
        widget=forms.Textarea(attrs={"rows": 2, **_PLAIN}),
        limit=MOST_HOSTS,
        required=False,
        help_text=format_lazy(
            gettext_lazy(
                "Other hosts the scan may go on to and test as well, such as api.example.com; one a line, at most "
                "{most}. An administrator must allow each of them."
            ),
            most=MOST_HOSTS,
        ),
    )
    excluded_urls = AddressLinesField(
        label=gettext_lazy("Excluded URLs"),
        limit=MOST_EXCLUDED,
        widget=forms.Textarea(attrs={"rows": 2, "wrap": "off", **_PLAIN}),
        required=False,
        help_text=format_lazy(
            gettext_lazy(
                "Beside those of the analysis, at most {most}. One a line; a slash at the end means everything "
                "below it."
            ),
            most=MOST_EXCLUDED,
        ),
    )
    user_agent = forms.CharField(
        label=gettext_lazy("User agent"),
        max_length=300,
        required=False,
        validators=[printable_ascii],
        widget=forms.TextInput(attrs={"list": "user-agents", **_PLAIN}),
        help_text=gettext_lazy("Empty: the one of the analysis."),
    )
    speed = forms.ChoiceField(
        label=gettext_lazy("Speed"),
        choices=SPEEDS,
        help_text=gettext_lazy("How hard the target is worked. Slow keeps to five requests a second."),
    )
    headers = SecretText(
        label=gettext_lazy("Extra headers"),
        max_length=8000,
        widget=SecretTextarea(attrs={"rows": 3, "wrap": "off", **_PLAIN}),
    )
    remove_headers = RemoveField(label=gettext_lazy("Remove the stored headers when saving"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        how = _("Sent with every request to this target, “Name: value” one a line, at most %(most)s.")
        kept = _("Stored: %(names)s. Leave empty to keep them, or enter all of them anew.")
        what = kept % {"names": self.stored_name("headers")} if self.has("headers") else NEVER_SHOWN
        self.fields["headers"].help_text = f"{how % {'most': MOST_HEADERS}} {what}"

    def clean_excluded_urls(self) -> str:
        return _lines(self.cleaned_data["excluded_urls"])

    def clean_allowed_hosts(self) -> str:
        return _lines(self.cleaned_data["allowed_hosts"])

    def clean_headers(self) -> Secret | None:
        """Every bad line is named with its number and what to change."""
        lines = [(number, line) for number, line in enumerate(self.cleaned_data["headers"].splitlines(), 1)]
        filled = [(number, line) for number, line in lines if line.strip()]
        if len(filled) > MOST_HEADERS:
            raise forms.ValidationError(_("At most %(most)s headers are possible.") % {"most": MOST_HEADERS})
        problems = [
            _("Line %(number)s: %(problem)s") % {"number": number, "problem": problem}
            for number, line in filled
            if (problem := _problem(line))
        ]
        names = [line.partition(":")[0].strip() for _number, line in filled]
        if len({name.lower() for name in names}) < len(names):
            problems.append(_("Give each header once."))
        if problems:
            raise forms.ValidationError(problems)
        text = "\n".join(line.strip() for _number, line in filled)
        return Secret(text, ", ".join(names)[:1000]) if text else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.settle(cleaned, "headers", elsewhere=self.has_moved(cleaned))
        if cleaned.get("both_schemes") and cleaned.get("url") and twin(parse_target(cleaned["url"])) is None:
            self.add_error("both_schemes", _("With a port in the address it has no twin: add the other one as a URL."))
        return cleaned

    def has_moved(self, cleaned: dict[str, Any]) -> bool:
        """Does its URL belong to another host, or port, than the stored one?"""
        return bool(self.scan and "url" in cleaned and origin(cleaned["url"]) != origin(self.scan.url))


def _lines(addresses: list[str]) -> str:
    return "\n".join(dict.fromkeys(addresses or []))


def _problem(line: str) -> str:
    """Why a line is no header; empty when it is one."""
    name, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not HEADER_NAME.fullmatch(name):
        return _("write it as “Name: value”; a name consists of letters, digits and hyphens.")
    if name.lower() in RESERVED_HEADERS:
        return _("%(name)s is set by the engine itself.") % {"name": name}
    return "" if value.isascii() and value.isprintable() else _("the value holds printable ASCII only.")

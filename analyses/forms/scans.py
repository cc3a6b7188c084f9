"""The settings of one scan: its URL, how far it goes, and how to sign in."""

import re
from typing import Any

from django import forms

from analyses.configuring import CrawlScript
from analyses.forms.addresses import AddressField, AddressLinesField, origin
from analyses.forms.section import SectionForm
from analyses.forms.text import one_line, printable_ascii, without_control_characters
from analyses.models import Scan
from analyses.models.configuration import SCOPES
from analyses.prescan.contract import SignInMethod
from analyses.prescan.side import MOST_BYTES, ScriptError, parse

MOST_EXCLUDED = 200
FORM, BASIC, HEADER = SignInMethod.FORM.value, SignInMethod.BASIC.value, SignInMethod.HEADER.value
SIGNED_IN = (FORM, BASIC, HEADER)
# Which sign-in setting belongs to which methods; the others are emptied when the scan is saved.
BELONGS_TO: dict[str, tuple[str, ...]] = {
    "login_url": (FORM,),
    "username": (FORM, BASIC),
    "secret": SIGNED_IN,
    "header": (HEADER,),
    "check_text": SIGNED_IN,
    "check_url": SIGNED_IN,
    "logout_url": (FORM,),
}
# What is stored and never sent back to the page.
WRITE_ONLY = frozenset({"secret", "crawl_script", "remove_crawl_script"})
METHOD_NEEDS = ("login_url", "username", "header")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Headers that belong to the connection or to the engine itself.
RESERVED_HEADERS = frozenset(
    {
        "connection", "content-length", "content-type", "cookie", "expect", "host", "keep-alive",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "user-agent", "via",
    }
)  # fmt: skip
KEEP = "One is stored. Leave empty to keep it."
TYPE_AGAIN = "Passwords are never sent back to the page: type it again."
CHOOSE_AGAIN = "A page that is shown again cannot keep a chosen file: choose it again."
SCRIPT_FOR_ANOTHER = "The stored one was recorded for another address: choose it again, or remove it."
KEPT_FOR_ANOTHER = "The stored one was given for another address or method: type it again."

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class ScanForm(SectionForm):
    url = AddressField(label="URL", error_messages={"required": "Give the address, or remove this scan."})
    scope = forms.ChoiceField(label="What is scanned", choices=SCOPES)
    excluded_urls = AddressLinesField(
        label="Excluded URLs",
        limit=MOST_EXCLUDED,
        required=False,
        help_text="Beside those of the analysis. One a line; a slash at the end means everything below it.",
    )
    user_agent = forms.CharField(
        label="User agent",
        max_length=300,
        required=False,
        validators=[printable_ascii],
        widget=forms.TextInput(attrs=_PLAIN),
        help_text="Empty: the one of the analysis.",
    )
    sign_in_method = forms.ChoiceField(label="Sign-in", choices=Scan._meta.get_field("sign_in_method").choices or [])
    login_url = AddressField(
        label="Sign-in page", error_messages={"required": "Give the address of the page with the sign-in form."}
    )
    username = forms.CharField(
        label="User name",
        max_length=200,
        error_messages={"required": "Give the user name to sign in with."},
        validators=[without_control_characters],
        widget=forms.TextInput(attrs=_PLAIN),
    )
    header = forms.CharField(
        label="Header name",
        max_length=100,
        error_messages={"required": "Give the name of the header, like Authorization."},
        widget=forms.TextInput(attrs=_PLAIN),
    )
    secret = forms.CharField(
        label="Password or header value",
        max_length=4000,
        required=False,
        strip=False,
        validators=[without_control_characters],
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    check_text = forms.CharField(
        label="Text that shows only when signed in",
        max_length=300,
        required=False,
        validators=[one_line],
        widget=forms.TextInput(attrs=_PLAIN),
        help_text="Such as “Sign out”. Without it, the prescan can only guess whether signing in worked.",
    )
    check_url = AddressField(label="Page to look for it on", required=False, help_text="Empty: the URL above.")
    logout_url = AddressField(label="Sign-out address", required=False, help_text="Never visited while scanning.")

    crawl_script = forms.FileField(
        label="Crawl script (.side)",
        required=False,
        allow_empty_file=True,  # said in the reader's own words
        widget=forms.FileInput(attrs={"accept": ".side,application/json"}),
    )
    remove_crawl_script = forms.BooleanField(label="Remove the stored crawl script when saving", required=False)

    def __init__(self, data=None, files=None, *, key: str, scan: Scan | None = None, url: str = ""):
        """`scan` comes from analyses.configuring.stored_scans, which knows what of it is stored."""
        initial = {"url": url, "header": "Authorization"}
        if scan is not None:
            stored = {name: getattr(scan, name) for name in self.base_fields if name not in WRITE_ONLY}
            initial |= {name: value for name, value in stored.items() if value}
        super().__init__(data, files, prefix=f"scan-{key}", initial=initial)
        self.key = key
        self.scan = scan
        self.conditional = METHOD_NEEDS if self.has_secret else (*METHOD_NEEDS, "secret")
        self.fields["secret"].help_text = KEEP if self.has_secret else "Stored encrypted, and never shown again."
        self.fields["crawl_script"].help_text = self._help_of_script()

    @property
    def has_secret(self) -> bool:
        """Is a secret stored for it?"""
        return bool(self.scan and self.scan.has_secret)  # type: ignore[attr-defined]

    def needed(self) -> list[str]:
        """What the chosen method cannot do without; the secret is a matter of its own."""
        method = self.data.get(self.add_prefix("sign_in_method"))
        return [name for name in METHOD_NEEDS if method in BELONGS_TO[name]]

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if ":" in username and self.data.get(self.add_prefix("sign_in_method")) == BASIC:
            raise forms.ValidationError("With HTTP basic, a user name cannot hold a colon.")
        return username

    def clean_header(self) -> str:
        name: str = self.cleaned_data["header"]
        if name and not HEADER_NAME.fullmatch(name):
            raise forms.ValidationError("A header name consists of letters, digits and hyphens.")
        if name.lower() in RESERVED_HEADERS:
            raise forms.ValidationError(f"{name} is set by the engine itself. Choose another header.")
        return name

    def clean_excluded_urls(self) -> str:
        return "\n".join(dict.fromkeys(self.cleaned_data["excluded_urls"]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        method = cleaned.get("sign_in_method", SignInMethod.NONE.value)
        for name, methods in BELONGS_TO.items():
            if method not in methods:
                cleaned[name] = ""
                self.errors.pop(name, None)
        if method in SIGNED_IN and "secret" not in self.errors:
            self._check_secret(cleaned, method)
        self._check_kept_script(cleaned)
        return cleaned

    def _check_secret(self, cleaned: dict[str, Any], method: str) -> None:
        secret = cleaned.get("secret", "")
        if method == HEADER:
            cleaned["secret"] = secret = secret.strip()
        if method == HEADER and not (secret.isascii() and secret.isprintable()):
            self.add_error("secret", "A header's value holds printable ASCII only.")
        elif secret:
            return
        elif not self.has_secret:
            self.add_error("secret", f"Give the {'value of the header' if method == HEADER else 'password'}.")
        elif self._goes_elsewhere(cleaned, method):
            self.add_error("secret", KEPT_FOR_ANOTHER)

    def _goes_elsewhere(self, cleaned: dict[str, Any], method: str) -> bool:
        """Would the stored secret be sent to somebody it was not given for?"""
        stored = self.scan
        if stored is None or stored.sign_in_method != method:
            return True
        names = ("url", "login_url") if method == FORM else ("url",)
        return any(origin(cleaned[name]) != origin(getattr(stored, name)) for name in names if name in cleaned)

    def wanted_secret(self) -> str | None:
        """The secret to store, "" to remove the stored one, None to keep it."""
        if self.cleaned_data["sign_in_method"] not in SIGNED_IN:
            return "" if self.has_secret else None
        return self.cleaned_data["secret"] or None

    def ask_for_secret_again(self) -> None:
        """Say, at its place, that a secret typed into a page with an error is gone."""
        if self.is_bound and self.data.get(self.add_prefix("secret")) and "secret" not in self.errors:
            self.add_error("secret", TYPE_AGAIN)

    # --- The crawl script ---

    @property
    def has_crawl_script(self) -> bool:
        """Is a crawl script stored for it?"""
        return bool(self.scan and self.scan.has_crawl_script)  # type: ignore[attr-defined]

    def _help_of_script(self) -> str:
        what = (
            f"A recording made with Selenium IDE, at most {MOST_BYTES // 1024} KiB. The prescan plays it, signed in, "
            "in a browser that reaches this scan only; the pages it visits are where the scan starts too."
        )
        if not self.has_crawl_script:
            return f"{what} Stored encrypted, and never shown again."
        name = self.scan.crawl_script_name if self.scan else ""
        return f"Stored: {name}. Leave empty to keep it, or choose another one. {what}"

    def clean_crawl_script(self) -> CrawlScript | None:
        file = self.cleaned_data["crawl_script"]
        if file is None:
            return None
        file.seek(0)  # a page that was sent may be read twice
        data = file.read(MOST_BYTES + 1)
        try:
            parse(data)
        except ScriptError as error:
            raise forms.ValidationError(str(error)) from error
        name = "".join(character for character in file.name if character.isprintable())[:200]
        return CrawlScript(name or "crawl script", data.decode("utf-8-sig"))

    def _check_kept_script(self, cleaned: dict[str, Any]) -> None:
        """A script may hold passwords: like a secret, it is not kept for somebody it was not recorded for."""
        if cleaned.get("crawl_script") or cleaned.get("remove_crawl_script") or "crawl_script" in self.errors:
            return
        if self.scan and self.has_crawl_script and origin(cleaned.get("url", self.scan.url)) != origin(self.scan.url):
            self.add_error("crawl_script", SCRIPT_FOR_ANOTHER)

    def wanted_script(self) -> CrawlScript | None:
        """The script to store, one without text to remove the stored one, None to keep it."""
        removed = self.cleaned_data["remove_crawl_script"] and self.has_crawl_script
        return self.cleaned_data["crawl_script"] or (CrawlScript() if removed else None)

    def ask_for_script_again(self) -> None:
        """Say, at its place, that a file chosen on a page with an error is gone."""
        if self.is_bound and self.files.get(self.add_prefix("crawl_script")) and "crawl_script" not in self.errors:
            self.add_error("crawl_script", CHOOSE_AGAIN)

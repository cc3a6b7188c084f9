"""How a scan signs in, and how it is known that it has."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.configuring import Secret
from analyses.forms.addresses import AddressField, origin
from analyses.forms.reach import HEADER_NAME, RESERVED_HEADERS, ReachFields
from analyses.forms.secrets import KEEP, NEVER_SHOWN, RemoveField, ScriptField, SecretFile, SecretText
from analyses.forms.text import one_line, without_control_characters
from analyses.forms.uploads import certificate_in
from analyses.models import Scan
from analyses.prescan.certificates import ClientCertificate
from analyses.prescan.contract import SignInMethod
from analyses.prescan.totp import InvalidKey, read_key
from analyses.said import translated

FORM, BASIC, HEADER = SignInMethod.FORM.value, SignInMethod.BASIC.value, SignInMethod.HEADER.value
SCRIPT = SignInMethod.SCRIPT.value
SIGNED_IN = (FORM, BASIC, HEADER, SCRIPT)
# Which sign-in setting belongs to which methods; the others are emptied when the scan is saved.
BELONGS_TO: dict[str, tuple[str, ...]] = {
    "login_url": (FORM,),
    "username": (FORM, BASIC),
    "header": (HEADER,),
    "secret": (FORM, BASIC, HEADER),
    "login_script": (SCRIPT,),
    "logout_script": (SCRIPT,),
    "remove_logout_script": (SCRIPT,),
    "totp_secret": (FORM, SCRIPT),
    "remove_totp_secret": (FORM, SCRIPT),
    "check_text": SIGNED_IN,
    "check_url": SIGNED_IN,
    "logout_url": (FORM, SCRIPT),
}
METHOD_NEEDS = ("login_url", "username", "header")
NEEDS_HTTPS = gettext_lazy("A client certificate is shown over https only. Give an https:// address, or leave it out.")
KEPT_FOR_ANOTHER = gettext_lazy("The stored one was given for another address or method: type it again.")

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class SignInFields(ReachFields):
    sign_in_method = forms.ChoiceField(
        label=gettext_lazy("Sign-in"),
        choices=Scan._meta.get_field("sign_in_method").choices or [],
        help_text=gettext_lazy("How the scan signs in to the target; without it, it sees what everybody sees."),
    )
    login_url = AddressField(
        label=gettext_lazy("Sign-in page"),
        error_messages={"required": gettext_lazy("Give the address of the page with the sign-in form.")},
        help_text=gettext_lazy("The page with the form, such as https://shop.example.com/login."),
    )
    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=200,
        error_messages={"required": gettext_lazy("Give the user name to sign in with.")},
        validators=[without_control_characters],
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=gettext_lazy("Of an account made for scans: what it can do, a scan may do. At most 200 characters."),
    )
    header = forms.CharField(
        label=gettext_lazy("Header name"),
        max_length=100,
        error_messages={"required": gettext_lazy("Give the name of the header, like Authorization.")},
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=gettext_lazy("The one that signs in, such as Authorization or X-Api-Key."),
    )
    secret = SecretText(
        label=gettext_lazy("Password or header value"),
        max_length=4000,
        strip=False,
        validators=[without_control_characters],
    )
    login_script = ScriptField(label=gettext_lazy("Login script (.side)"))
    logout_script = ScriptField(label=gettext_lazy("Logout script (.side)"))
    remove_logout_script = RemoveField(label=gettext_lazy("Remove the stored logout script when saving"))
    totp_secret = SecretText(label=gettext_lazy("Key for one-time codes (TOTP)"), max_length=500)
    remove_totp_secret = RemoveField(label=gettext_lazy("Remove the stored key when saving"))
    check_text = forms.CharField(
        label=gettext_lazy("Text that shows only when signed in"),
        max_length=300,
        required=False,
        validators=[one_line],
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=gettext_lazy("Such as “Sign out”. Without it, the prescan can only guess whether signing in worked."),
    )
    check_url = AddressField(
        label=gettext_lazy("Page to look for it on"), required=False, help_text=gettext_lazy("Empty: the URL above.")
    )
    logout_url = AddressField(
        label=gettext_lazy("Sign-out address"),
        required=False,
        help_text=gettext_lazy("Never visited while scanning, such as https://shop.example.com/logout."),
    )
    client_certificate = SecretFile(
        label=gettext_lazy("Client certificate (.p12, .pfx)"), accept=".p12,.pfx,application/x-pkcs12"
    )
    certificate_password = SecretText(
        label=gettext_lazy("Password of the certificate file"),
        max_length=200,
        strip=False,
        help_text=gettext_lazy("Needed once, to open the chosen file. It is not stored."),
    )
    remove_client_certificate = RemoveField(label=gettext_lazy("Remove the stored certificate when saving"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.read_certificate: Callable[[UploadedFile, str], ClientCertificate] = certificate_in  # the page's, bounded
        self.conditional = METHOD_NEEDS if self.has("secret") else (*METHOD_NEEDS, "secret")
        self.fields["secret"].help_text = KEEP if self.has("secret") else NEVER_SHOWN
        what = _("For sites that ask for a code of an app: what that app was given, or its otpauth:// address.")
        self.fields["totp_secret"].help_text = f"{what} {KEEP if self.has('totp_secret') else NEVER_SHOWN}"
        self._explain_files()

    def _explain_files(self) -> None:
        told = {
            "login_script": _(
                "A recording made with Selenium IDE that signs in; it is played in a browser, and what it has signed "
                "in to is what the scan uses. ${totp} stands for a one-time code."
            ),
            "logout_script": _(
                "A recording that signs out. The prescan plays it too, and the scan leaves alone what it visits."
            ),
            "client_certificate": _(
                "A PKCS#12 file with its private key. Shown to this target only, whatever the sign-in."
            ),
        }
        for name, what in told.items():
            self.fields[name].help_text = f"{what} {self.kept_file(name) if self.has(name) else NEVER_SHOWN}"

    def needed(self) -> list[str]:
        """What the chosen method cannot do without; the secret is a matter of its own."""
        method = self.data.get(self.add_prefix("sign_in_method"))
        return [name for name in METHOD_NEEDS if method in BELONGS_TO[name]]

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if ":" in username and self.data.get(self.add_prefix("sign_in_method")) == BASIC:
            raise forms.ValidationError(_("With HTTP basic, a user name cannot hold a colon."))
        return username

    def clean_header(self) -> str:
        name: str = self.cleaned_data["header"]
        if name and not HEADER_NAME.fullmatch(name):
            raise forms.ValidationError(_("A header name consists of letters, digits and hyphens."))
        if name.lower() in RESERVED_HEADERS:
            raise forms.ValidationError(
                _("%(name)s is set by the engine itself. Choose another header.") % {"name": name}
            )
        return name

    def clean_totp_secret(self) -> str:
        """One that codes can be made from, or none."""
        typed: str = self.cleaned_data["totp_secret"].strip()
        try:
            return typed if not typed or read_key(typed) else ""
        except InvalidKey as error:
            raise forms.ValidationError(translated(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        method = cleaned.get("sign_in_method", SignInMethod.NONE.value)
        for name, methods in BELONGS_TO.items():
            if method not in methods:
                cleaned[name] = None if name.endswith("_script") else ""
                self.errors.pop(name, None)
        moved, asked = self.has_moved(cleaned), self._goes_elsewhere(cleaned, method)
        self._settle_secret(cleaned, method, asked=asked)
        for name in ("login_script", "logout_script", "totp_secret"):
            self.settle(cleaned, name, belongs=method in BELONGS_TO[name], elsewhere=moved or asked)
        if method == SCRIPT and not self.will_have("login_script") and "login_script" not in self.errors:
            self.add_error("login_script", _("Choose the recording that signs in."))
        self._settle_certificate(cleaned, moved=moved)
        return cleaned

    def _settle_secret(self, cleaned: dict[str, Any], method: str, *, asked: bool) -> None:
        secret = cleaned.get("secret") or ""
        if method == HEADER:
            cleaned["secret"] = secret = secret.strip()
        if method not in BELONGS_TO["secret"] or "secret" in self.errors:
            self.settle(cleaned, "secret", belongs=method in BELONGS_TO["secret"])
        elif method == HEADER and not (secret.isascii() and secret.isprintable()):
            self.add_error("secret", _("A header's value holds printable ASCII only."))
        elif secret:
            self.wanted_secrets["secret"] = Secret(secret)
        elif not self.has("secret"):
            self.add_error(
                "secret", _("Give the value of the header.") if method == HEADER else _("Give the password.")
            )
        elif asked:
            self.add_error("secret", KEPT_FOR_ANOTHER)

    def _goes_elsewhere(self, cleaned: dict[str, Any], method: str) -> bool:
        """Would the stored secret be sent to somebody it was not given for?"""
        stored = self.scan
        if stored is None or stored.sign_in_method != method:
            return True
        names = ("url", "check_url", "login_url") if method == FORM else ("url", "check_url")
        return any(
            origin(cleaned[name] or cleaned.get("url", "")) != origin(getattr(stored, name) or stored.url)
            for name in names
            if name in cleaned
        )

    def _settle_certificate(self, cleaned: dict[str, Any], *, moved: bool) -> None:
        file = cleaned.get("client_certificate")
        password = cleaned.get("certificate_password") or ""
        if file and cleaned.get("url", "").startswith("http:"):
            self.add_error("client_certificate", NEEDS_HTTPS)
        elif file:
            try:
                read = self.read_certificate(file, password)
            except forms.ValidationError as error:
                self.add_error("client_certificate", error)
            else:
                cleaned["client_certificate"] = Secret(read.pem, read.name[:200])
        elif password and "client_certificate" not in self.errors:
            self.add_error("certificate_password", _("Choose the file too."))
        self.settle(cleaned, "client_certificate", elsewhere=moved)

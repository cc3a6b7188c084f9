"""Form fields for what is stored encrypted and never sent back: typed text, recorded scripts, certificates."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.configuring import Secret
from analyses.forms.section import SectionForm
from analyses.models import Scan
from analyses.prescan.side import MOST_BYTES, ScriptError, parse
from analyses.said import translated

KEEP = gettext_lazy("One is stored. Leave empty to keep it.")
NEVER_SHOWN = gettext_lazy("Stored encrypted, and never shown again.")
TYPE_AGAIN = gettext_lazy("Passwords are never sent back to the page: type it again.")
CHOOSE_AGAIN = gettext_lazy("A page that is shown again cannot keep a chosen file: choose it again.")
FOR_ANOTHER = gettext_lazy("The stored one was given for another address: give it again, or remove it.")


class SecretTextarea(forms.Textarea):
    """Several lines that are typed, and never shown again."""

    def format_value(self, value: Any) -> str | None:  # noqa: ARG002 - it must not matter
        return None


class SecretText(forms.CharField):
    """A password or the like: typed, never shown."""

    def __init__(self, **kwargs):
        widget = kwargs.pop("widget", None) or forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(required=False, widget=widget, **kwargs)


class RemoveField(forms.BooleanField):
    """A box that forgets what is stored."""

    def __init__(self, **kwargs):
        super().__init__(
            required=False,
            help_text=gettext_lazy("It cannot be brought back: nobody can read what is stored."),
            **kwargs,
        )


class SecretFile(forms.FileField):
    """A chosen file, answered as its bytes and its name; None when none was chosen."""

    def __init__(self, *, accept: str, **kwargs):
        # An empty one is refused by whoever reads it, in words of its own.
        super().__init__(
            required=False, allow_empty_file=True, widget=forms.FileInput(attrs={"accept": accept}), **kwargs
        )

    def read(self, file: UploadedFile, most: int) -> tuple[bytes, str]:
        """At most one byte more than `most`, and the name in one short printable line."""
        file.seek(0)  # a page that was sent may be read twice
        name = "".join(character for character in str(file.name) if character.isprintable())[:200]
        return file.read(most + 1), name


class ScriptField(SecretFile):
    """A recording of Selenium IDE, answered as what is to be stored."""

    def __init__(self, **kwargs):
        super().__init__(accept=".side,application/json", **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Secret | None:
        file = super().clean(data, initial)
        if not file:
            return None
        content, name = self.read(file, MOST_BYTES)
        try:
            parse(content)
        except ScriptError as error:
            raise forms.ValidationError(translated(error)) from error
        return Secret(content.decode("utf-8-sig"), name or "script")


class SecretsForm(SectionForm):
    """A form about a scan some of whose fields are stored encrypted.

    `wanted_secrets` collects, while it is checked, what is to be stored in place of what; what is not in it is kept.
    """

    def __init__(self, *args, scan: Scan | None = None, **kwargs):
        """`scan` comes from analyses.configuring.stored_scans, which knows what of it is stored."""
        super().__init__(*args, **kwargs)
        self.scan = scan
        self.wanted_secrets: dict[str, Secret] = {}
        for name in [name for name in self.fields if name.startswith("remove_")]:
            if not self.has(name.removeprefix("remove_")):
                del self.fields[name]

    def full_clean(self) -> None:
        self.wanted_secrets = {}
        super().full_clean()

    def has(self, name: str) -> bool:
        """Is a secret of this name stored for it?"""
        return bool(self.scan and getattr(self.scan, f"has_{name}"))

    def stored_name(self, name: str) -> str:
        """What is said of a stored secret that has a name."""
        return getattr(self.scan, f"{name}_name") if self.scan else ""

    def kept_file(self, name: str) -> str:
        """Which file is stored, and how to keep it."""
        text = _("Stored: %(name)s. Leave empty to keep it, or choose another one.")
        return text % {"name": self.stored_name(name)}

    def settle(self, cleaned: dict[str, Any], name: str, *, belongs: bool = True, elsewhere: bool = False) -> None:
        """Decide what becomes of one secret. One that does not belong is removed.

        `elsewhere`: the stored one would now be sent to somebody it was not given for. It is asked for again.
        """
        given = cleaned.get(name)
        secret = Secret(given) if isinstance(given, str) else given
        if not belongs:
            self.errors.pop(name, None)
            if self.has(name):
                self.wanted_secrets[name] = Secret()
        elif name in self.errors:
            return
        elif secret and secret.text:
            self.wanted_secrets[name] = secret
        elif cleaned.get(f"remove_{name}"):
            self.wanted_secrets[name] = Secret()
        elif self.has(name) and elsewhere:
            self.add_error(name, FOR_ANOTHER)

    def will_have(self, name: str) -> bool:
        """Will there be one when this is saved?"""
        wanted = self.wanted_secrets.get(name)
        return bool(wanted.text) if wanted is not None else self.has(name)

    def ask_again(self) -> None:
        """Say at its place that a secret typed, or a file chosen, on a page with an error is gone."""
        if not self.is_bound:
            return
        for name in self.fields:
            if name in self.errors:
                continue
            if isinstance(self.fields[name], forms.FileField):
                if self.files.get(self.add_prefix(name)):
                    self.add_error(name, CHOOSE_AGAIN)
            elif isinstance(self.fields[name], SecretText) and self.data.get(self.add_prefix(name)):
                self.add_error(name, TYPE_AGAIN)

"""What of an API is scanned: its base URL comes from the scan, its endpoints from its specification."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.forms.fields import FileField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.forms.addresses import checked_address
from analyses.forms.secrets import SecretFile, SecretsForm
from analyses.models import Specification
from analyses.said import kept, told, translated
from analyses.specifications import MOST_BYTES, SpecificationError, read

ACCEPT = ".json,.yaml,.yml,.har,application/json,application/yaml"
KINDS = gettext_lazy("OpenAPI 2 or 3 (JSON or YAML), a Postman collection, or a HAR recording")
MOST_FILES = 10  # read of one request
MOST_DRAFTS = 50  # of one person
RECORDED_FOR_ANOTHER = gettext_lazy(
    "It may hold keys that were meant for the address it was recorded at: choose the file again."
)


class ManyFilesInput(forms.FileInput):
    allow_multiple_selected = True


class SpecificationsField(FileField):
    """Any number of chosen files, up to a limit, answered as they were sent."""

    def __init__(self, **kwargs):
        super().__init__(
            required=False, allow_empty_file=True, widget=ManyFilesInput(attrs={"accept": ACCEPT}), **kwargs
        )

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [file for file in (data if isinstance(data, list | tuple) else [data]) if file]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                _("At most %(most)s specifications can be added at once.") % {"most": MOST_FILES}
            )
        return [super(SpecificationsField, self).clean(file, initial) for file in files]


def stored_draft(file: UploadedFile, user: User) -> Specification:
    """Read a file and keep what was read, for a page that is still to be saved. Raises ValidationError.

    The oldest that this person has never saved are forgotten for it, where there are too many.
    """
    file.seek(0)
    content = file.read(MOST_BYTES + 1)
    name = "".join(character for character in str(file.name) if character.isprintable())[:200] or "specification"
    try:
        found = read(content, name)
    except SpecificationError as error:
        raise forms.ValidationError(f"{name}: {translated(error)}") from error
    draft = Specification.objects.create(
        name=name,
        title=found.title[:200],
        form=found.form,
        base_url=_usable(found.base_url),
        endpoints=[
            {"method": endpoint.method, "path": endpoint.path, "summary": endpoint.summary}
            for endpoint in found.endpoints
        ],
        requests=found.requests,
        notes="\n".join(map(kept, found.notes)),
        uploaded_by=user,
    )
    drafts = Specification.objects.filter(analysis=None, uploaded_by=user).order_by("-pk")
    Specification.objects.filter(pk__in=list(drafts.values_list("pk", flat=True)[MOST_DRAFTS:]), analysis=None).delete()
    return draft


def _usable(base_url: str) -> str:
    """The address as it is stored; empty for one that cannot be used, and has to be given."""
    try:
        return checked_address(base_url)
    except forms.ValidationError:
        return ""


def drafts_of(user: User, keys: Iterable[str]) -> dict[str, Specification]:
    """What this person has uploaded and not saved yet, of the given ids."""
    wanted = {key for key in keys if key.isdecimal() and len(key) < 18}
    found = Specification.objects.filter(pk__in=wanted, analysis=None, uploaded_by=user).defer("requests")
    return {str(draft.pk): draft for draft in found} if wanted else {}


class EndpointsFields(SecretsForm):
    """Of an API: which endpoints. Of a URL, none of these fields is there."""

    endpoints = forms.MultipleChoiceField(
        label=gettext_lazy("Endpoints to scan"),
        help_text=gettext_lazy(
            "They are really called, DELETE too. Leave out what must not be, such as one that signs out."
        ),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one endpoint, or remove this API."),
            "invalid_choice": gettext_lazy("This endpoint is not in the specification: %(value)s."),
        },
    )
    specification_file = SecretFile(label=gettext_lazy("Replace the specification"), accept=ACCEPT)

    def __init__(self, *args, specification: Specification | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.specification = specification
        if specification is None:
            del self.fields["endpoints"], self.fields["specification_file"]
            return
        for name in ("scope", "both_schemes", "allowed_hosts", "crawl_script", "remove_crawl_script"):
            self.fields.pop(name, None)
        names = endpoint_names(specification)
        excluded = set(self.scan.excluded_endpoints) if self.scan else set()
        choices = zip(names, map(_in_words, specification.endpoints), strict=True)
        self.fields["endpoints"].choices = list(choices)  # type: ignore[attr-defined]
        self.initial["endpoints"] = [name for name in names if name not in excluded]
        self.fields["url"].label = _("Base URL")
        self.fields["url"].help_text = _of_file(specification)
        self.fields["specification_file"].help_text = _("%(kinds)s. Endpoints that are left out stay so.") % {
            "kinds": KINDS
        }

    @property
    def endpoint_choices(self) -> list[tuple[str, str, bool]]:
        """Every endpoint with what it says, and whether it is chosen. Widgets take a second for 2,000 of them."""
        chosen = set(self["endpoints"].value() or ())
        return [(name, words, name in chosen) for name, words in self.fields["endpoints"].choices]  # type: ignore[attr-defined]

    def check_specification(self, cleaned: dict[str, Any], *, moved: bool) -> None:
        """What was recorded may hold keys and tokens: like a secret, it is not sent to somebody else."""
        recorded = self.specification is not None and not self.specification.form.startswith("OpenAPI")
        if moved and recorded and not cleaned.get("specification_file"):
            self.add_error("specification_file", RECORDED_FOR_ANOTHER)

    @property
    def excluded_endpoints(self) -> list[str]:
        """The endpoints that were not chosen."""
        if self.specification is None:
            return []
        chosen = set(self.cleaned_data["endpoints"])
        return [name for name in endpoint_names(self.specification) if name not in chosen]


def endpoint_names(specification: Specification) -> list[str]:
    """Method and path of every endpoint, as requests name what they stand for."""
    return [f"{endpoint['method']} {endpoint['path']}" for endpoint in specification.endpoints]


def _in_words(endpoint: dict[str, str]) -> str:
    summary = f": {endpoint['summary']}" if endpoint.get("summary") else ""
    return f"{endpoint['method']} {endpoint['path']}{summary}"


def _of_file(specification: Specification) -> str:
    """Where it is served, and what of the file was left out."""
    if specification.base_url:
        named = _("Where the API is served. The specification names %(url)s.") % {"url": specification.base_url}
    else:
        named = _("Where the API is served. The specification names no server in full.")
    return " ".join((named, *(translated(told(line)) for line in specification.notes.splitlines())))

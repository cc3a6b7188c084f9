"""The settings of one scan: its URL or API, how far it goes, how to sign in, what to play first."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.configuring import ScanSettings
from analyses.forms.addresses import AddressField
from analyses.forms.endpoints import EndpointsFields, endpoint_names
from analyses.forms.secrets import NEVER_SHOWN, RemoveField, ScriptField
from analyses.forms.sign_in import SignInFields
from analyses.models import Scan, Specification
from analyses.prescan.side import MOST_BYTES

# What is stored as it was given; secrets and endpoints are matters of their own.
VALUES = (
    "url", "scope", "both_schemes", "allowed_hosts", "excluded_urls", "user_agent", "speed", "sign_in_method",
    "login_url", "username", "header", "check_text", "check_url", "logout_url",
)  # fmt: skip


class ScanForm(SignInFields, EndpointsFields):
    url = AddressField(
        label=gettext_lazy("URL"),
        error_messages={"required": gettext_lazy("Give the address, or remove this scan.")},
        help_text=gettext_lazy(
            "Where the scan starts, such as https://shop.example.com/. An administrator allows its host."
        ),
    )
    crawl_script = ScriptField(label=gettext_lazy("Crawl script (.side)"))
    remove_crawl_script = RemoveField(label=gettext_lazy("Remove the stored crawl script when saving"))
    field_order = ("url",)

    def __init__(
        self,
        data: Any = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        key: str,
        scan: Scan | None = None,
        url: str = "",
        specification: Specification | None = None,
        defaults: Mapping[str, Any] = MappingProxyType({}),
    ):
        """`scan` comes from analyses.configuring.stored_scans, which knows what of it is stored.

        `defaults` are what a new one starts with.
        """
        initial = {"url": url, "header": "Authorization", "speed": Scan._meta.get_field("speed").default, **defaults}
        if scan is not None:
            initial |= {name: value for name in VALUES if (value := getattr(scan, name))}
            specification = scan.specification
        super().__init__(data, files, prefix=f"scan-{key}", initial=initial, scan=scan, specification=specification)
        self.key = key
        self.replacement: Specification | None = None  # set by the page, which reads the chosen file
        if "crawl_script" in self.fields:
            self.fields["crawl_script"].help_text = self._about_crawl_script()

    def _about_crawl_script(self) -> str:
        what = _(
            "A recording made with Selenium IDE, at most %(most)s KiB. The prescan plays it, signed in, in a browser "
            "that reaches this scan only; the pages it visits are where the scan starts too."
        ) % {"most": MOST_BYTES // 1024}
        if not self.has("crawl_script"):
            return f"{what} {NEVER_SHOWN}"
        return f"{self.kept_file('crawl_script')} {what}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "crawl_script" in self.fields:
            self.settle(cleaned, "crawl_script", elsewhere=self.has_moved(cleaned))
        self.check_specification(cleaned, moved=self.has_moved(cleaned))
        return cleaned

    def settings(self) -> ScanSettings:
        """What the scan is to be; only a form that is valid knows."""
        values = {name: self.cleaned_data[name] for name in VALUES if name in self.fields}
        specification, excluded = self.replacement or self.specification, self.excluded_endpoints
        if specification is not None:
            known = set(endpoint_names(specification))
            values |= {
                "specification_id": specification.pk,
                "excluded_endpoints": [name for name in excluded if name in known],
            }
        return ScanSettings(self.scan.pk if self.scan else None, values, self.wanted_secrets)

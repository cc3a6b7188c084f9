"""The list of scans on the Configure Analysis page: what is added to it, opened in it, and wrong with it."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from analyses.addresses import LONGEST
from analyses.configuring import MOST_SCANS, ScanSettings, stored_scans
from analyses.forms.addresses import shortened
from analyses.forms.allowed import AllowedTargets
from analyses.forms.analysis import AnalysisForm
from analyses.forms.endpoints import drafts_of
from analyses.forms.rows import (
    CONTACTED,
    KEY,
    NEW,
    Row,
    free_keys,
    keys_sent,
    new_row,
    new_rows,
    rows_sent,
    rows_to_show,
)
from analyses.forms.scans import ScanForm
from analyses.forms.uploads import Uploads
from analyses.models import Analysis
from analyses.targets import InvalidTarget, parse_target
from dashboard.numbers import grouped

MOST_NAMED = 10
TWICE = gettext_lazy("This URL is already in the list. Remove one of the two.")
SPECIFICATION_GONE = gettext_lazy(
    "What was read of this specification is gone. Remove it here, and choose the file again."
)
GONE = gettext_lazy("This URL is no longer in the analysis. Remove it here, or save again to add it as a new one.")


class ScanList:
    """The scans of a page. `form` holds the fields from which new ones come, and says what is wrong with those.

    `defaults` are what a new scan starts with; `uploads` reads the files that were sent.
    """

    def __init__(
        self,
        user: User,
        analysis: Analysis | None,
        form: AnalysisForm,
        data: QueryDict | None,
        files: MultiValueDict[str, UploadedFile] | None,
        open_key: str,
        defaults: Mapping[str, Any],
        uploads: Uploads,
    ):
        self._user, self._form, self._defaults, self._uploads = user, form, defaults, uploads
        self._targets = AllowedTargets(user, analysis)
        self.new_urls: list[str] = []
        self.merged = 0
        stored = {scan.pk: scan for scan in stored_scans(analysis)} if analysis else {}
        if data is None:
            self.rows = rows_to_show(stored, open_key)
            for row in self.rows:
                row.notes = self._targets.refusals(row.contacted)
        else:
            drafts = drafts_of(user, (data.get(f"scan-{key}-specification", "") for key in keys_sent(data)))
            self.rows = rows_sent(stored, data, files, drafts, defaults)
            for row in self.rows:
                if row.sent is not None:
                    row.sent.read_certificate = uploads.certificate

    @property
    def kept(self) -> list[Row]:
        """Those that are not to be removed."""
        return [row for row in self.rows if not row.removed]

    # --- What is added, and opened ---

    def add(self, urls: str, files: list[UploadedFile]) -> bool:
        """Turn what was typed and chosen into rows of their own; False where the URLs cannot be read."""
        cleaned = {}
        for name, given in (("urls", urls), ("specifications", files)):
            try:
                cleaned[name] = self._form.fields[name].clean(given)
            except ValidationError as error:
                self._form.add_error(name, error)
        self.read_specifications(cleaned.get("specifications", ()))
        listed = {row.url for row in self.kept if row.api is None}
        addresses = [address for address in dict.fromkeys(cleaned.get("urls", ())) if address not in listed]
        self.rows += new_rows(addresses, self.rows, self._defaults)
        return "urls" in cleaned

    def read_specifications(self, files: Iterable[UploadedFile]) -> None:
        """What was read becomes a row, also on a page with errors: no file has to be chosen twice."""
        for file in files:
            try:
                draft = self._uploads.specification(file)
            except ValidationError as error:
                self._form.add_error("specifications", error)
                continue
            key = next(free_keys(self.rows))
            if draft.base_url:
                self.rows.append(Row(key, address=draft.base_url, specification=draft, defaults=self._defaults))
            else:
                self.rows.append(new_row(key, "", draft, self._defaults))
                missing = _("%(file)s names no server in full. Give its base URL in the list above.")
                self._form.add_error("specifications", missing % {"file": draft.name})

    def open(self, key: str) -> None:
        """Show the settings of one more scan."""
        for row in self.rows:
            if row.key == key and row.form is None:
                row.form = ScanForm(
                    key=key,
                    scan=row.scan,
                    url=row.address,
                    specification=row.specification,
                    defaults={} if row.scan else self._defaults,
                )

    # --- Was it sent in order? ---

    def check(self) -> None:
        """Check what was sent of each, add what was added, merge what was given twice, keep to the limit."""
        for row in self.rows:
            if row.sent is not None:
                row.sent.full_clean()
                self.read_replacement(row.sent)
            if row.gone and not row.removed:
                row.complain("url", str(SPECIFICATION_GONE if row.is_new else GONE))
        self.read_specifications(self._form.cleaned_data.get("specifications") or [])
        self._merge(self._form.cleaned_data.get("urls", []))
        for message in dict.fromkeys(filter(None, map(self._not_yours, self.new_urls))):
            self._form.add_error("urls", message)
        for row in self.kept:
            self.check_whose(row)
        total = len(self.kept) + len(self.new_urls)
        if total > MOST_SCANS:
            limit = _(
                "An analysis holds at most %(most)s URLs; with these it would hold %(total)s. "
                "Split them over several analyses."
            )
            self._form.add_error("urls", limit % {"most": grouped(MOST_SCANS), "total": grouped(total)})
        elif total == 0 and self._form.submitting and not self._form.errors.get("urls"):
            self._form.add_error("urls", _("Add at least one URL or API before submitting."))

    def read_replacement(self, form: ScanForm) -> None:
        """Read the file that is to take the place of a specification, if one was chosen."""
        file = form.cleaned_data.get("specification_file")
        if file:
            try:
                form.replacement = self._uploads.specification(file)
            except ValidationError as error:
                form.add_error("specification_file", error)

    def _merge(self, given: list[str]) -> None:
        urls = [row for row in self.kept if row.api is None]
        touched = [row for row in urls if row.sent or row.is_new]
        seen = {row.url for row in urls if row not in touched}
        for row in touched:
            address = row.sent.cleaned_data.get("url", "") if row.sent else row.url
            if address and address in seen:
                row.complain("url", str(TWICE))
            seen.add(address)
        drafts: set[int] = set()
        for row in self.kept:
            if row.specification is None:
                continue
            if row.specification.pk in drafts:
                row.complain("url", str(TWICE))
            drafts.add(row.specification.pk)
        self.new_urls = [address for address in dict.fromkeys(given) if address not in seen]
        self.merged = len(given) - len(self.new_urls)

    def check_whose(self, row: Row) -> None:
        """Refuse what is new on this page and allowed to the analysis, but not to whoever adds it."""
        if row.sent is None:
            if row.is_new and (message := self._not_yours(row.address)):
                row.notes.append(message)
            return
        for name in (*CONTACTED, "allowed_hosts"):
            for address in (row.sent.cleaned_data.get(name) or "").split():
                if message := self._not_yours(address):
                    row.complain(name, message)

    def _not_yours(self, address: str) -> str:
        message = self._targets.not_yours(address) if address else ""
        return "" if message and _spot(address) in self._known_spots else message

    @cached_property
    def _known_spots(self) -> frozenset[str]:
        """The hosts and ports that the analysis reaches as it is stored."""
        return frozenset(_spot(address) for row in self.rows if row.scan for address in row.contacted if address)

    def check_targets(self) -> None:
        """Say at every address that is not an allowed target that it is not."""
        refused = self._targets.refusals(self.new_urls)
        for message in shortened(refused, MOST_NAMED, _more_refused):
            self._form.add_error("urls", message)
        for row in self.kept:
            if row.sent is None:
                row.notes += self._targets.refusals(row.contacted)
                continue
            for name in (*CONTACTED, "allowed_hosts"):
                for message in self._targets.refusals((row.sent.cleaned_data.get(name) or "").split()):
                    row.complain(name, message)

    # --- What came of it ---

    def settings(self) -> tuple[ScanSettings, ...]:
        """What every scan that something was sent about is to be, then the new ones; only valid lists know."""
        sent = [row.settings() for row in self.rows]
        added = [ScanSettings(None, {"url": address, **self._defaults}) for address in self.new_urls]
        return (*(wanted for wanted in sent if wanted), *added)

    def removed(self) -> frozenset[int]:
        """The ids of the stored scans that are to be removed."""
        return frozenset(row.scan.pk for row in self.rows if row.removed and row.scan)


def settings_row(
    user: User, analysis: Analysis | None, key: str, sent: QueryDict, defaults: Mapping[str, Any]
) -> Row | None:
    """The row of one scan with its settings, on its own; None when there is no such scan.

    `sent` says which URL or specification a new one has.
    """
    if not KEY.fullmatch(key):
        return None
    if key.startswith(NEW):
        specification = sent.get(f"scan-{key}-specification", "")
        draft = drafts_of(user, [specification]).get(specification)
        if specification and draft is None:
            return None
        return new_row(key, sent.get(f"scan-{key}-url", "")[:LONGEST], draft, defaults)
    scan = stored_scans(analysis).filter(pk=key).first() if analysis else None
    if scan is None:
        return None
    row = Row(key, scan, ScanForm(key=key, scan=scan))
    row.notes = AllowedTargets(user, analysis).refusals(row.contacted)
    return row


def _more_refused(left: int) -> str:
    text = ngettext(
        "and %(count)s more URLs that are not allowed", "and %(count)s more URLs that are not allowed", left
    )
    return text % {"count": grouped(left)}


def _spot(address: str) -> str:
    """The host and port of an address; the text itself where it is none."""
    try:
        return parse_target(address).spot
    except InvalidTarget:
        return address

"""The scans on the Configure Analysis page: one row each, stored or new, with its settings or without."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from analyses.configuring import ScanSettings
from analyses.forms.scans import BELONGS_TO, WRITE_ONLY, ScanForm
from analyses.models import Scan

# Above this many scans, the settings of one are fetched when it is opened.
MOST_OPEN = 50
NEW = "new-"
CONTACTED = ("url", "login_url", "check_url")  # addresses a prescan or an engine connects to
KEY = re.compile(rf"[1-9][0-9]{{0,17}}|{NEW}[0-9]{{1,6}}")


@dataclass
class Row:
    """One scan on the page. `key` is its id, or new-1, new-2, …; `form` is None while it is not shown."""

    key: str
    scan: Scan | None = None
    form: ScanForm | None = None
    removed: bool = False
    gone: bool = False  # it was removed meanwhile, or never was of this analysis
    notes: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address as it stands on the page."""
        if self.form is not None:
            return self.form["url"].value() or ""
        return self.scan.url if self.scan else ""

    @property
    def sent(self) -> ScanForm | None:
        """The settings as they were sent, when they were and are still wanted."""
        return self.form if self.form is not None and self.form.is_bound and not self.removed else None

    @property
    def stored_addresses(self) -> list[str]:
        """Where the stored scan connects to."""
        return [getattr(self.scan, name) for name in CONTACTED] if self.scan else []

    @property
    def is_open(self) -> bool:
        """Is it shown unfolded? When something in it needs to be looked at."""
        return bool(self.gone or (self.sent is not None and self.sent.errors))

    @property
    def unknown(self) -> bool:
        """Is its id none of this analysis's scans?"""
        return self.scan is None and not self.key.startswith(NEW)

    @property
    def sign_in(self) -> str:
        """How it signs in, in words; empty when it does not."""
        method = self.form["sign_in_method"].value() if self.form else self.scan.sign_in_method if self.scan else ""
        choices = dict(ScanForm.base_fields["sign_in_method"].choices)  # type: ignore[attr-defined]
        return "" if method in ("", "none") else str(choices.get(method, ""))

    @property
    def sign_in_fields(self) -> list[tuple[forms.BoundField, str]]:
        """The settings of the sign-in, each with the methods it belongs to."""
        form = self.form
        return [(form[name], " ".join(methods)) for name, methods in BELONGS_TO.items()] if form else []

    def settings(self) -> ScanSettings | None:
        """What the scan is to be; None when nothing was sent about it."""
        form = self.sent
        if form is None:
            return None
        values = {name: value for name, value in form.cleaned_data.items() if name not in WRITE_ONLY}
        return ScanSettings(self.scan.pk if self.scan else None, values, form.wanted_secret(), form.wanted_script())


def rows_to_show(stored: Mapping[int, Scan], open_key: str = "") -> list[Row]:
    """The rows of a page that is opened."""
    few = len(stored) <= MOST_OPEN
    return [
        Row(str(pk), scan, ScanForm(key=str(pk), scan=scan) if few or str(pk) == open_key else None)
        for pk, scan in stored.items()
    ]


def rows_sent(
    stored: Mapping[int, Scan], data: QueryDict, files: MultiValueDict[str, UploadedFile] | None = None
) -> list[Row]:
    """The rows of a page that was sent: the stored scans with what was sent about them, then new ones."""
    sent = [key for key in dict.fromkeys(data.getlist("scan")) if KEY.fullmatch(key)]
    removed, again = set(data.getlist("remove")), set(data.getlist("again"))
    rows = rows_to_show(stored)
    for row in rows:
        row.removed = row.key in removed
        if row.key in sent:
            row.form = ScanForm(data, files, key=row.key, scan=row.scan)
            row.form.quiet = row.removed
    known = {row.key for row in rows}
    for key in sent:
        if key not in known and key not in removed:
            row = Row(key, form=ScanForm(data, files, key=key))
            row.gone = row.unknown and key not in again
            rows.append(row)
    return rows


def blank_row() -> Row:
    """What the page's script makes new rows from."""
    return Row("__key__", form=ScanForm(key="__key__"))


def new_rows(addresses: list[str], rows: list[Row]) -> list[Row]:
    """A row for each address, with keys that are not taken on this page."""
    used = [int(row.key.removeprefix(NEW)) for row in rows if row.key.startswith(NEW)]
    first = max(used, default=0) + 1
    return [
        Row(f"{NEW}{number}", form=ScanForm(key=f"{NEW}{number}", url=address))
        for number, address in enumerate(addresses, first)
    ]

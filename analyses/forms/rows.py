"""The scans on the Configure Analysis page: one row each, stored or new, with its settings or without."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from analyses.configuration_templates import NOT_OF_AN_API
from analyses.configuring import ScanSettings
from analyses.forms.addresses import checked_address
from analyses.forms.endpoints import endpoint_names
from analyses.forms.opened import carried
from analyses.forms.scans import ScanForm
from analyses.forms.sign_in import BELONGS_TO
from analyses.models import Scan, Specification

# Above this many scans, the settings of one are fetched when it is opened.
MOST_OPEN = 10
NEW = "new-"
HIGHEST = 999_999  # number of a new row
MOST_LISTED = 200  # endpoints, of an API whose row is shown with its settings from the start
CONTACTED = ("url", "login_url", "check_url")  # addresses a prescan or an engine connects to
KEY = re.compile(rf"[1-9][0-9]{{0,17}}|{NEW}[0-9]{{1,6}}")
METHODS = dict(Scan._meta.get_field("sign_in_method").choices or [])


@dataclass
class Row:
    """One scan on the page. `key` is its id, or new-1, new-2, …; `form` is None while it is not shown.

    A new one whose settings are not shown has an address, or a specification that was read, and nothing else.
    """

    key: str
    scan: Scan | None = None
    form: ScanForm | None = None
    address: str = ""
    specification: Specification | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)  # what a new one starts with
    removed: bool = False
    gone: bool = False  # it was removed meanwhile, or never was of this analysis
    notes: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address as it stands on the page."""
        if self.form is not None:
            return self.form["url"].value() or ""
        return self.scan.url if self.scan else self.address

    @property
    def api(self) -> Specification | None:
        """The specification it is of, when it is of an API."""
        return self.scan.specification if self.scan else self.specification

    @property
    def sent(self) -> ScanForm | None:
        """The settings as they were sent, when they were and are still wanted."""
        return self.form if self.form is not None and self.form.is_bound and not self.removed else None

    @property
    def is_new(self) -> bool:
        return self.key.startswith(NEW)

    @property
    def contacted(self) -> list[str]:
        """Where the scan connects to, as far as it is stored or has nothing but an address."""
        if self.scan is None:
            return [self.address]
        return [*(getattr(self.scan, name) for name in CONTACTED), *self.scan.allowed_hosts.split()]

    @property
    def opened(self) -> str:
        """What its settings were when they were opened, as the page carries it."""
        return carried(self.form) if self.form is not None else ""

    @property
    def is_open(self) -> bool:
        """Is it shown unfolded? When something in it needs to be looked at."""
        return bool(self.gone or (self.sent is not None and self.sent.errors))

    @property
    def unknown(self) -> bool:
        """Is its id none of this analysis's scans?"""
        return self.scan is None and not self.is_new

    @property
    def features(self) -> list[str]:
        """What is special about it, in words: how it signs in, what is played first."""
        scan = self.scan
        method = self.form["sign_in_method"].value() if self.form else scan.sign_in_method if scan else ""
        found = [str(METHODS.get(method, ""))] if method not in ("", "none") else []
        if scan and scan.client_certificate_name:
            found.append(_("Client certificate"))
        return [*found, _("Crawl script")] if scan and scan.crawl_script_name else found

    @property
    def sign_in_fields(self) -> list[tuple[forms.BoundField, str]]:
        """The settings of the sign-in, each with the methods it belongs to."""
        form = self.form
        if form is None:
            return []
        return [(form[name], " ".join(methods)) for name, methods in BELONGS_TO.items() if name in form.fields]

    def complain(self, name: str, message: str) -> None:
        """Say what is wrong: at the field where the settings are shown, else at the row."""
        if self.sent is not None:
            self.sent.add_error(name, message)
        else:
            self.notes.append(message)

    def settings(self) -> ScanSettings | None:
        """What the scan is to be; None when nothing was sent about it."""
        if self.sent is not None:
            return self.sent.settings()
        if not self.is_new or self.removed:
            return None
        values = {"url": self.address, **self.defaults}
        if self.specification:
            values = {name: value for name, value in values.items() if name not in NOT_OF_AN_API}
            values["specification_id"] = self.specification.pk
        return ScanSettings(None, values)


def rows_to_show(stored: Mapping[int, Scan], open_key: str = "") -> list[Row]:
    """The rows of a page that is opened."""
    few = len(stored) <= MOST_OPEN
    return [
        Row(
            str(pk),
            scan,
            ScanForm(key=str(pk), scan=scan) if (few and _is_short(scan)) or str(pk) == open_key else None,
        )
        for pk, scan in stored.items()
    ]


def _is_short(scan: Scan) -> bool:
    """Are its settings few enough to be shown although nobody asked for them?"""
    return scan.specification is None or len(scan.specification.endpoints) <= MOST_LISTED


def rows_sent(
    stored: Mapping[int, Scan],
    data: QueryDict,
    files: MultiValueDict[str, UploadedFile] | None,
    drafts: Mapping[str, Specification],
    defaults: Mapping[str, Any],
) -> list[Row]:
    """The rows of a page that was sent: the stored scans with what was sent about them, then new ones.

    `drafts` are the specifications that were read for this page before, by their ids; `defaults` what a new scan
    starts with.
    """
    sent = keys_sent(data)
    removed, again = set(data.getlist("remove")), set(data.getlist("again"))
    rows = [Row(str(pk), scan, removed=str(pk) in removed) for pk, scan in stored.items()]
    few = len(stored) <= MOST_OPEN
    for row in rows:
        if row.key in sent:
            row.form = ScanForm(data, files, key=row.key, scan=row.scan)
            row.form.quiet = row.removed
        elif few and row.scan and _is_short(row.scan):
            row.form = ScanForm(key=row.key, scan=row.scan)
    known = {row.key for row in rows}
    for key in sent:
        if key in known or key in removed:
            continue
        draft = drafts.get(data.get(f"scan-{key}-specification", ""))
        if f"scan-{key}-sign_in_method" in data:
            row = Row(key, form=ScanForm(data, files, key=key, specification=draft), specification=draft)
        else:
            row = _folded(key, data.get(f"scan-{key}-url", ""), draft, defaults)
        wants_draft = f"scan-{key}-specification" in data
        row.gone = (row.unknown and key not in again) or (wants_draft and draft is None)
        rows.append(row)
    return rows


def keys_sent(data: QueryDict) -> list[str]:
    """The keys of the scans about which something was sent."""
    return [key for key in dict.fromkeys(data.getlist("scan")) if KEY.fullmatch(key)]


def _folded(key: str, address: str, draft: Specification | None, defaults: Mapping[str, Any]) -> Row:
    """A new row of which nothing but its address was sent; one that cannot be used is shown with its settings."""
    try:
        return Row(key, address=checked_address(address), specification=draft, defaults=defaults)
    except ValidationError:
        data = QueryDict(mutable=True)
        data.update(_untouched(key, address, defaults))
        data.setlist(f"scan-{key}-endpoints", endpoint_names(draft) if draft else [])
        return Row(key, form=ScanForm(data, key=key, specification=draft), specification=draft)


def _untouched(key: str, address: str, defaults: Mapping[str, Any]) -> dict[str, str]:
    """What a page sends of a new scan when nothing but its address was touched."""
    values = {"scope": "folder", "speed": "normal", "sign_in_method": "none", **defaults, "url": address}
    # A box that is not ticked is not sent.
    return {f"scan-{key}-{name}": str(value) for name, value in values.items() if value is not False}


def new_row(
    key: str, address: str, specification: Specification | None = None, defaults: Mapping[str, Any] | None = None
) -> Row:
    """A new scan shown with its settings, none of them chosen yet."""
    form = ScanForm(key=key, url=address, specification=specification, defaults=defaults or {})
    return Row(key, form=form, specification=specification)


def new_rows(addresses: Sequence[str], rows: list[Row], defaults: Mapping[str, Any]) -> list[Row]:
    """A row for each address, with keys that are not taken on this page; shown with settings where they are few."""
    keys = free_keys(rows)
    few = len(rows) + len(addresses) <= MOST_OPEN
    return [
        new_row(key, address, None, defaults) if few else Row(key, address=address, defaults=defaults)
        for key, address in zip(keys, addresses, strict=False)
    ]


def blank_row() -> Row:
    """What the page's script makes new rows from."""
    return Row(f"{NEW}__key__")


def free_keys(rows: list[Row]) -> Iterator[str]:
    """Keys for new rows that are not taken on this page."""
    used = {int(row.key.removeprefix(NEW)) for row in rows if row.is_new}
    last = max(used, default=0)
    following = itertools.count(last + 1 if last < HIGHEST // 2 else 1)
    return (f"{NEW}{number}" for number in following if number not in used)

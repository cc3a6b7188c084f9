"""Everything on the Configure Analysis page as one form: the analysis, its scans, and what is wrong where."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms import BaseForm
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from analyses.configuring import (
    MOST_SCANS,
    Configuration,
    Locked,
    ScanSettings,
    Stale,
    stored_scans,
)
from analyses.forms.addresses import shortened
from analyses.forms.allowed import AllowedTargets
from analyses.forms.analysis import AnalysisForm
from analyses.forms.preview import Preview, preview_of
from analyses.forms.rows import CONTACTED, Row, blank_row, new_rows, rows_sent, rows_to_show
from analyses.forms.schedule import NOW, SCHEDULE_VALUES
from analyses.forms.times import ZONES
from analyses.models import Analysis
from analyses.statuses import Action, AnalysisStatus, editing_refusal
from analyses.statuses import refusal as action_refusal

MOST_NAMED = 10
ANALYSIS_VALUES = ("name", "description", "excluded_urls", "user_agent", *SCHEDULE_VALUES)
GONE = "This URL is no longer in the analysis. Remove it here, or save again to add it as a new one."
STILL_SCHEDULED = "It is scheduled. Choose a start time, or use Save and submit to start now."


@dataclass(frozen=True)
class Problem:
    """One line of the summary of errors: where, what, and the element to go to."""

    place: str
    message: str
    anchor: str


class ConfigurePage:
    """The page as it is opened (`data` is None) or as it was sent."""

    def __init__(
        self,
        user: User,
        analysis: Analysis | None,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        open_key: str = "",
    ):
        self.user = user
        self.analysis = analysis
        self.open_key = open_key
        self.status = AnalysisStatus(analysis.status) if analysis else AnalysisStatus.SAVED
        self.locked = editing_refusal(self.status)
        self.data = data.copy() if data is not None else None
        self.stored = {scan.pk: scan for scan in stored_scans(analysis)} if analysis else {}
        if self.data is None:
            self.rows = rows_to_show(self.stored, open_key)
        else:
            self.rows = rows_sent(self.stored, self.data, files)
        self.form = AnalysisForm(self.data, user=user, analysis=analysis, locked=bool(self.locked))
        self.general: list[str] = []
        self.stale: Stale | None = None
        self.merged = 0
        self.new_urls: list[str] = []
        self._targets = AllowedTargets(user)
        if self.data is None:
            for row in self.rows:
                row.notes = self._targets.refusals(row.stored_addresses)

    @property
    def revision(self) -> int:
        """The edit this page was made from. Anything odd that was sent is older than every edit."""
        if self.data is None:
            return self.analysis.revision if self.analysis else 0
        sent = self.data.get("revision", "")
        return int(sent) if sent.isdecimal() and len(sent) < 10 else 0

    @property
    def other_teams(self) -> list[str]:
        """Teams that see it too, and that only their members can take away."""
        return sorted(team.name for team in self.form.stored_teams if team not in self.form.my_teams)

    @property
    def blank(self) -> Row:
        """What the page's script makes new rows from."""
        return blank_row()

    @property
    def preview(self) -> Preview:
        """What the schedule on this page means."""
        return preview_of(self.analysis, self.data)

    @property
    def has_pause(self) -> bool:
        """Is there something to see at the pause window?"""
        names = ("pause_from", "pause_until", "pause_days")
        return any(self.form[name].value() or self.form[name].errors for name in names)

    @property
    def zones(self) -> list[str]:
        """The time zones that are offered."""
        return ZONES

    @property
    def may_submit(self) -> bool:
        """Is "Save and submit" possible? A scheduled analysis is taken back and scheduled anew."""
        return self.status is AnalysisStatus.SCHEDULED or not action_refusal(Action.SUBMIT, self.status)

    # --- Was it sent in order? ---

    def is_valid(self, *, submitting: bool) -> bool:
        """Check everything; with `submitting` also what matters only to a run."""
        self.form.submitting = submitting
        self.form.full_clean()
        for row in self.rows:
            if row.sent is not None:
                row.sent.full_clean()
                if row.gone:
                    row.sent.add_error("url", GONE)
        self._check_addresses()
        if self.status is AnalysisStatus.SCHEDULED and not submitting and self.form.cleaned_data.get("start") == NOW:
            self.form.add_error("start", STILL_SCHEDULED)
        if submitting:
            self._check_targets()
        if self.has_problems:
            self.ask_for_secrets_again()
        return not self.has_problems

    @property
    def has_problems(self) -> bool:
        return next(self.problems(), None) is not None

    def _check_addresses(self) -> None:
        """Merge what was given twice, and keep to the limit."""
        seen: set[str] = set()
        for row in (row for row in self.rows if not row.removed):
            address = row.sent.cleaned_data.get("url", "") if row.sent else row.url
            if address and address in seen and row.sent:
                row.sent.add_error("url", "This URL is already in the list. Remove one of the two.")
            seen.add(address)
        given = self.form.cleaned_data.get("urls", [])
        self.new_urls = [address for address in dict.fromkeys(given) if address not in seen]
        self.merged = len(given) - len(self.new_urls)
        total = len([row for row in self.rows if not row.removed]) + len(self.new_urls)
        if total > MOST_SCANS:
            limit = f"An analysis holds at most {MOST_SCANS:,} URLs; with these it would hold {total:,}."
            self.form.add_error("urls", f"{limit} Split them over several analyses.")
        elif total == 0 and self.form.submitting and not self.form.errors.get("urls"):
            self.form.add_error("urls", "Add at least one URL before submitting.")

    def _check_targets(self) -> None:
        """Say at every address that is not an allowed target that it is not."""
        refused = self._targets.refusals(self.new_urls)
        for message in shortened(refused, MOST_NAMED, "URLs that are not allowed"):
            self.form.add_error("urls", message)
        for row in (row for row in self.rows if not row.removed):
            if row.sent is None:
                row.notes = self._targets.refusals(row.stored_addresses)
                continue
            for name in CONTACTED:
                for message in self._targets.refusals([row.sent.cleaned_data.get(name, "")]):
                    row.sent.add_error(name, message)

    def ask_for_secrets_again(self) -> None:
        """The page is shown once more: what was typed stays, but for secrets and chosen files."""
        for row in self.rows:
            if row.sent is not None:
                row.sent.ask_for_secret_again()
                row.sent.ask_for_script_again()

    # --- What came of it ---

    def configuration(self) -> Configuration:
        """What the analysis is to be; only a page that is valid knows."""
        cleaned = self.form.cleaned_data
        settings = [row.settings() for row in self.rows]
        added = [ScanSettings(None, {"url": address}) for address in self.new_urls]
        return Configuration(
            values={name: cleaned[name] for name in ANALYSIS_VALUES},
            teams=cleaned["teams"],
            choosable=self.form.my_teams,
            scans=(*(wanted for wanted in settings if wanted), *added),
            removed=frozenset(row.scan.pk for row in self.rows if row.removed and row.scan),
        )

    def add_to_list(self) -> None:
        """Turn the addresses typed into rows with settings of their own; nothing else is checked yet."""
        assert self.data is not None  # noqa: S101 - only a page that was sent holds typed addresses
        for form in self._forms():
            form.quiet = True  # type: ignore[attr-defined]
        try:
            given = self.form.fields["urls"].clean(self.data.get("urls", ""))
        except ValidationError as error:
            self.form.add_error("urls", error)
            return
        listed = {row.url for row in self.rows if not row.removed}
        self.rows += new_rows([address for address in dict.fromkeys(given) if address not in listed], self.rows)
        self.data["urls"] = ""
        self.ask_for_secrets_again()

    def show_stale(self, stale: Stale) -> None:
        """Show both values of what differs; the next save is made over the other's, knowingly."""
        assert self.data is not None  # noqa: S101 - only a page that was sent can be stale
        self.stale = stale
        self.data["revision"] = str(stale.revision)
        self.ask_for_secrets_again()

    def show_locked(self, locked: Locked) -> None:
        """Say at each setting that the status does not allow it to change."""
        for difference in locked.found:
            if difference.name in self.form.fields:
                self.form.add_error(difference.name, f"Not possible now. {locked}")
        if any(difference.name not in self.form.fields for difference in locked.found):
            self.general.append(f"The settings of the URLs were not saved. {locked}")
        self.ask_for_secrets_again()

    def refuse(self, message: str, name: str = "") -> None:
        """Say why it was not done, at a field or for the whole page."""
        if name:
            self.form.add_error(name, message)
        else:
            self.general.append(message)
        self.ask_for_secrets_again()

    def _forms(self) -> list[BaseForm]:
        return [self.form, *(row.form for row in self.rows if row.form is not None)]

    def problems(self) -> Iterator[Problem]:
        """Everything that is wrong, in the order of the page."""
        for message in self.general:
            yield Problem("", message, "")
        yield from _problems_of(self.form, "")
        for row in self.rows:
            if row.sent is not None:
                yield from _problems_of(row.sent, f"{row.url}: ")
            elif self.form.is_bound and not row.removed:
                yield from (Problem(row.url, note, f"scan-{row.key}") for note in row.notes)


def _problems_of(form: BaseForm, prefix: str) -> Iterator[Problem]:
    for name, messages in form.errors.items():
        bound = form[name]
        anchor = bound.id_for_label or bound.auto_id
        for message in messages:
            yield Problem(f"{prefix}{bound.label}", str(message), anchor)

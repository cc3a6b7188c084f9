"""Everything on the Configure Analysis page as one form: the analysis, its scans, and what is wrong where."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.forms import BaseForm
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.access import may
from analyses.actions import Action
from analyses.actions import refusal as action_refusal
from analyses.configuration_templates import number_of, pattern_of, scan_defaults
from analyses.configuring import Configuration, Locked, Stale, stored_scans
from analyses.differences import Difference
from analyses.forms.analysis import AnalysisForm
from analyses.forms.listed import ScanList
from analyses.forms.merging import Merge
from analyses.forms.opened import carried
from analyses.forms.preview import Preview, preview_of
from analyses.forms.rows import Row, blank_row
from analyses.forms.schedule import NOW, SCHEDULE_VALUES
from analyses.forms.times import ZONES
from analyses.forms.uploads import Uploads
from analyses.forms.user_agents import USER_AGENTS
from analyses.models import Analysis, ConfigurationTemplate
from analyses.roles import Right
from analyses.statuses import AnalysisStatus, editing_refusal

MOST_UNITS = 100
ANALYSIS_VALUES = (
    "name", "description", "excluded_urls", "user_agent", "business_unit", "contact_name", "contact_email",
    "recipients", "hold_results", *SCHEDULE_VALUES,
)  # fmt: skip
TEMPLATE_GONE = gettext_lazy(
    "The template it was started from is gone. Save again, and URLs without settings get the usual ones."
)
STILL_SCHEDULED = gettext_lazy("It is scheduled. Choose a start time, or use Save and submit to start now.")


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
        template: ConfigurationTemplate | None = None,
        uploads: Uploads | None = None,
    ):
        """`uploads` are those of the page that was made from the same request before, if one was."""
        self.user = user
        self.analysis = analysis
        self.general: list[str] = []
        self.template = template if data is None else self._sent_template(data)
        self.pattern = pattern_of(self.template) if self.template else None
        self.open_key = open_key
        self.status = AnalysisStatus(analysis.status) if analysis else AnalysisStatus.SAVED
        self.locked = editing_refusal(self.status)
        self.data = data.copy() if data is not None else None
        self.merge = self._merged(files or {})
        self.form = AnalysisForm(
            self.data, files, user=user, analysis=analysis, pattern=self.pattern, locked=bool(self.locked)
        )
        self.stale: Stale | None = None
        self.was_kept = False
        self.uploads = uploads or Uploads(user)
        defaults = scan_defaults(self.template)
        self.list = ScanList(user, analysis, self.form, self.data, files, open_key, defaults, self.uploads)

    def _sent_template(self, data: QueryDict) -> ConfigurationTemplate | None:
        """The template that a new analysis was started from, if it still is there."""
        key = data.get("template", "")
        if self.analysis is not None or not key:
            return None
        found = ConfigurationTemplate.objects.usable_by(self.user).filter(pk=number_of(key)).first()
        if found is None:
            self.general.append(str(TEMPLATE_GONE))
        return found

    def _merged(self, files: Collection[str]) -> Merge | None:
        """What was sent becomes that and what was saved since the page was opened, if something was."""
        if self.data is None or self.analysis is None or self.revision == self.analysis.revision:
            return None
        stored = AnalysisForm(user=self.user, analysis=self.analysis, locked=bool(self.locked))
        return Merge(self.data, files, stored, stored_scans(self.analysis))

    def settles(self, difference: Difference) -> bool:
        """Does whoever sent the page mean this difference, and not only not know what somebody else saved?"""
        return self.merge is None or self.merge.settles(difference)

    @property
    def rows(self) -> list[Row]:
        """The scans, in the order of the page."""
        return self.list.rows

    @property
    def revision(self) -> int:
        """The edit this page was made from. Anything odd that was sent is older than every edit."""
        if self.data is None:
            return self.analysis.revision if self.analysis else 0
        sent = self.data.get("revision", "")
        return int(sent) if sent.isdecimal() and len(sent) < 10 else 0

    @property
    def opened(self) -> str:
        """What its settings were when it was opened, as the page carries it."""
        return carried(self.form)

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
        return preview_of(self.analysis if self.data is not None else self.analysis or self.pattern, self.data)

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
    def user_agents(self) -> list[tuple[str | Promise, str]]:
        """Usual browsers, by name, with what they say of themselves."""
        return USER_AGENTS

    @property
    def business_units(self) -> list[str]:
        """Those that this person's analyses name already."""
        known = Analysis.objects.visible_to(self.user).exclude(business_unit="")
        return list(known.values_list("business_unit", flat=True).distinct().order_by("business_unit")[:MOST_UNITS])

    @property
    def may_submit(self) -> bool:
        """Is "Save and submit" possible? A scheduled analysis is taken back and scheduled anew."""
        possible = self.status is AnalysisStatus.SCHEDULED or not action_refusal(Action.SUBMIT, self.status)
        return possible and may(self.user, Right.SUBMIT)

    # --- Was it sent in order? ---

    def is_valid(self, *, submitting: bool) -> bool:
        """Check everything; with `submitting` also what matters only to a run."""
        self.form.submitting = submitting
        self.form.full_clean()
        self.list.check()
        if self.status is AnalysisStatus.SCHEDULED and not submitting and self.form.cleaned_data.get("start") == NOW:
            self.form.add_error("start", STILL_SCHEDULED)
        if submitting:
            self.list.check_targets()
        if self.has_problems:
            self.ask_for_secrets_again()
        return not self.has_problems

    @property
    def has_problems(self) -> bool:
        return next(self.problems(), None) is not None

    def ask_for_secrets_again(self) -> None:
        """The page is shown once more: what was typed stays, but for secrets and chosen files."""
        for row in self.rows:
            if row.sent is not None:
                row.sent.ask_again()

    # --- What came of it ---

    def configuration(self) -> Configuration:
        """What the analysis is to be; only a page that is valid knows."""
        cleaned = self.form.cleaned_data
        return Configuration(
            values={name: cleaned[name] for name in ANALYSIS_VALUES},
            teams=cleaned["teams"],
            choosable=self.form.my_teams,
            scans=self.list.settings(),
            removed=self.list.removed(),
        )

    @property
    def for_all(self) -> dict[str, str]:
        """What was sent that applies to every scan, as far as it can be read."""
        return {name: self.form.cleaned_data.get(name, "") for name in ("excluded_urls", "user_agent")}

    def add_to_list(self) -> None:
        """Turn what was typed and chosen into rows with settings of their own; nothing else is checked yet."""
        assert self.data is not None  # noqa: S101 - only a page that was sent holds typed addresses
        self._be_quiet()
        files = self.form.files.getlist("specifications") if self.form.files else []
        if self.list.add(self.data.get("urls", ""), files):
            self.data["urls"] = ""
        self.ask_for_secrets_again()

    def open_row(self, key: str) -> None:
        """Show the settings of one more scan on a page that was sent; nothing is checked yet."""
        self._be_quiet()
        self.open_key = key
        self.list.open(key)
        self.ask_for_secrets_again()

    def show_kept(self) -> None:
        """Show what was typed before somebody was signed out; nothing is checked yet."""
        self.was_kept = True
        self._be_quiet()

    def _be_quiet(self) -> None:
        """Show everything again as it was sent, unchecked."""
        for form in (self.form, *(row.form for row in self.rows if row.form is not None)):
            form.quiet = True
            form.full_clean()

    def show_stale(self, stale: Stale) -> None:
        """Show both values of what both changed; the next save is made over the other's, knowingly."""
        assert self.data is not None  # noqa: S101 - only a page that was sent can be stale
        self.stale = stale
        if self.merge and self.analysis and self.analysis.revision == stale.revision:
            self.merge.accept()
        self.data["revision"] = str(stale.revision)
        self.ask_for_secrets_again()

    def show_locked(self, locked: Locked) -> None:
        """Say at each setting that the status does not allow it to change."""
        for difference in locked.found:
            if difference.name in self.form.fields:
                self.form.add_error(difference.name, _("Not possible now. %(reason)s") % {"reason": locked})
        if any(difference.name not in self.form.fields for difference in locked.found):
            self.general.append(_("The settings of the URLs were not saved. %(reason)s") % {"reason": locked})
        self.ask_for_secrets_again()

    def refuse(self, message: str | Promise, name: str = "") -> None:
        """Say why it was not done, at a field or for the whole page."""
        if name:
            self.form.add_error(name, str(message))
        else:
            self.general.append(str(message))
        self.ask_for_secrets_again()

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

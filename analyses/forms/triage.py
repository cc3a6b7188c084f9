"""The form by which findings are judged, one or several."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.lifecycle.triaging import CHOICES, LONGEST_COMMENT, MOST_AT_ONCE, NEEDS_REASON
from analyses.models import State
from dashboard.numbers import grouped_lazy

MOST_SELECTED = 200  # of several analyses: each of them is a transaction
REASON = gettext_lazy("Say why: whoever reads this later will ask.")


class TriageForm(forms.Form):
    """`finding` may be there many times; `every` instead means all that the page's filters leave."""

    state = forms.ChoiceField(
        choices=[("", gettext_lazy("Choose…")), *((state.value, state.label) for state in CHOICES)],
        error_messages={"required": gettext_lazy("Choose what it is.")},
    )
    comment = forms.CharField(
        required=False,
        max_length=LONGEST_COMMENT,
        error_messages={
            "max_length": format_lazy(
                gettext_lazy("Shorten it to {most} characters."), most=grouped_lazy(LONGEST_COMMENT)
            )
        },
    )
    every = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        state = cleaned.get("state", "")
        if state in NEEDS_REASON and not cleaned.get("comment") and "comment" not in self.errors:
            self.add_error("comment", f"{REASON} ({State(state).label})")
        if not cleaned.get("every") and not self.findings:
            self.add_error(None, _("No finding was selected. Check those that you mean."))
        return cleaned

    @property
    def findings(self) -> list[int]:
        """The ids that were sent."""
        sent = self.data.getlist("finding") if hasattr(self.data, "getlist") else []
        return [int(pk) for pk in sent[:MOST_AT_ONCE] if pk.isascii() and pk.isdecimal() and len(pk) < 19]


class TriageOfSeveralForm(TriageForm):
    """Findings of several analyses, those that are selected on one page."""

    every = None  # type: ignore[assignment]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if len(self.findings) > MOST_SELECTED:
            most = _("At most %(most)s findings of several analyses are judged at once.")
            self.add_error(None, most % {"most": MOST_SELECTED})
        return cleaned

"""What is asked of somebody who saves a template: its name, and who else may start from it."""

from django import forms
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from analyses.forms.text import one_line
from analyses.models import ConfigurationTemplate
from analyses.roles import all_teams

TEMPLATE_NAME_TAKEN = gettext_lazy("There is already a template with this name.")


class TemplateForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name of the template"),
        max_length=120,
        validators=[one_line],
        error_messages={"required": gettext_lazy("Give the template a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "What new analyses start from it by. At most 120 characters; no other template may have it."
        ),
    )
    teams = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Teams that may start from it"),
        help_text=gettext_lazy("Beside you. You can choose among your own teams."),
        error_messages={"invalid_choice": gettext_lazy("Choose only teams you are a member of.")},
    )

    def __init__(self, data=None, *, user: User):
        super().__init__(data, prefix="template")
        self.my_teams = list(all_teams().filter(user=user))
        if self.my_teams:
            choices = [(team.pk, team.name) for team in self.my_teams]
            self.fields["teams"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["teams"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if ConfigurationTemplate.objects.filter(name__iexact=name).exists():
            raise ValidationError(TEMPLATE_NAME_TAKEN)
        return name

    def chosen_teams(self) -> list[Group]:
        """The teams that were chosen; only a form that is valid knows."""
        return [team for team in self.my_teams if team.pk in self.cleaned_data.get("teams", ())]

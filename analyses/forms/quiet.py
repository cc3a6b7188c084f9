"""A form that can be shown again as it was sent, without saying yet what is wrong with it."""

from django import forms
from django.forms.utils import ErrorDict


class QuietForm(forms.Form):
    """With `quiet` set before it is checked, nothing is checked."""

    quiet = False

    def full_clean(self) -> None:
        if self.quiet:
            self._errors = ErrorDict()
            self.cleaned_data = {}
        else:
            super().full_clean()

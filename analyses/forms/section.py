"""What the parts of the Configure Analysis page have in common."""

from collections.abc import Collection

from django import forms
from django.forms.utils import ErrorDict


class SectionForm(forms.Form):
    """A form some of whose fields are required only when others say so, and that can be shown unchecked."""

    # Required, and shown as such, only where `needed` names them.
    conditional: Collection[str] = ()
    quiet = False  # set before it is checked, nothing is: it is shown again as it was sent

    def needed(self) -> Collection[str]:
        """Which of the `conditional` fields what was sent makes required."""
        return ()

    def full_clean(self) -> None:
        if self.quiet or not self.is_bound:
            self._errors = ErrorDict()
            self.cleaned_data = {}
            return
        needed = self.needed()
        for name in self.conditional:
            self.fields[name].required = name in needed
        super().full_clean()
        for name in self.conditional:
            self.fields[name].required = True

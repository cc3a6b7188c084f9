"""A column for what is told to people: in English in the database, and in the reader's language where it is shown."""

from typing import Any

from django.db import models
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Concat, StrIndex, Substr

from analyses.said import BEHIND, Said, read, stored


def english(column: str | Func | F) -> Substr:
    """The English text of such a column, without how it was made."""
    ends = StrIndex(Concat(column, Value(BEHIND), output_field=TextField()), Value(BEHIND)) - Value(1)
    return Substr(column, Value(1), ends, output_field=TextField())


class SaidField(TextField):
    """A text of `analyses.said`: read, it is a `Said`, which is the English text. A plain one is a `Said` as it stands.

    Lookups compare the English text, so that searching and filtering needs to know nothing of all this.
    """

    def get_prep_value(self, value: Any) -> str | None:
        """As the column holds it."""
        return None if value is None else stored(value if isinstance(value, str) else str(value))

    def from_db_value(self, value: str | None, *_how: Any) -> Said | None:
        """As it is read."""
        return None if value is None else read(value)

    def to_python(self, value: Any) -> Any:
        """As a file of rows holds it; a text that was never stored stays what it is."""
        return value if value is None or isinstance(value, Said) else read(str(value))

    def value_to_string(self, obj: models.Model) -> str:
        """For a file of rows: as the column holds it."""
        return self.get_prep_value(self.value_from_object(obj)) or ""

    def get_lookup(self, lookup_name: str) -> type[models.Lookup] | None:
        """Of the English text, whatever is looked up."""
        lookup = super().get_lookup(lookup_name)
        return _of_english(lookup) if lookup else None


def _of_english(lookup: type[models.Lookup]) -> type[models.Lookup]:
    class OfEnglish(lookup):  # type: ignore[misc, valid-type]
        def __init__(self, column: Any, asked: Any):
            super().__init__(english(column), asked)

    return OfEnglish

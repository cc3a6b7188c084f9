"""Numbers as their reader writes them: 1,000, or 1.000."""

from django.utils.formats import number_format
from django.utils.functional import lazy


def grouped(number: int) -> str:
    """A number in the language that is spoken now."""
    return number_format(number, force_grouping=True)


grouped_lazy = lazy(grouped, str)

"""A small line within text: how a number went, without axes. The words beside it say the same."""

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

STEP, HEIGHT, MARGIN = (
    80,
    200,
    30,
)  # units of the picture: from value to value, its height, what a dot needs at its edges


@dataclass(frozen=True)
class Sparkline:
    """`values` from the oldest to the newest, two at least; `label` says what they count."""

    label: str
    values: tuple[int, ...]
    height: int = HEIGHT

    @property
    def width(self) -> int:
        return (len(self.values) - 1) * STEP + 2 * MARGIN

    @property
    def dots(self) -> list[tuple[int, int]]:
        """Where the values stand: the highest at the top, none at the bottom."""
        highest, room = max(*self.values, 1), HEIGHT - 2 * MARGIN
        return [
            (MARGIN + place * STEP, HEIGHT - MARGIN - room * value // highest)
            for place, value in enumerate(self.values)
        ]

    @property
    def points(self) -> str:
        """The line as SVG has it."""
        return " ".join(f"{x},{y}" for x, y in self.dots)

    @property
    def in_words(self) -> str:
        """The picture for those who do not see it."""
        said = [number_format(value, force_grouping=True) for value in self.values]
        return _("%(label)s, from the oldest to the newest: %(numbers)s") % {
            "label": self.label,
            "numbers": ", ".join(said),
        }

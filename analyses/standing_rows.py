"""Which rows a poll of the list is answered with: those that stand on the page already, where they stand.

Whoever reads is not moved. What is new, or stands elsewhere by now, waits until they ask for it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyses.models import Analysis
from analyses.models.configuration import AnalysisQuerySet
from analyses.ordering import PAGE_SIZES

MOST_STANDING = PAGE_SIZES[-1]
_NUMBERS = re.compile(rf"(\d{{1,18}}(\.\d{{1,18}}){{0,{MOST_STANDING - 1}}})?", re.ASCII)


@dataclass(frozen=True)
class Standing:
    """The rows to show. `new`: how many more would stand here by now. `moved`: whether these would not, or not so."""

    rows: list[Analysis]
    new: int = 0
    moved: bool = False

    @property
    def numbers(self) -> str:
        """What the page's next poll says stands on it."""
        return ".".join(str(row.pk) for row in self.rows)


def standing(fresh: Sequence[Analysis], asked: str | None, visible: AnalysisQuerySet) -> Standing:
    """The rows that `asked` numbers, as they are now, or the fresh ones when it numbers none.

    Takes a query only where one of them is not among the fresh ones. What is not visible any more is left out.
    """
    if asked is None or not _NUMBERS.fullmatch(asked):
        return Standing(list(fresh))
    numbers = list(dict.fromkeys(int(number) for number in asked.split(".") if number))
    known = {analysis.pk: analysis for analysis in fresh}
    elsewhere = [number for number in numbers if number not in known]
    if elsewhere:
        known |= visible.select_related("owner").in_bulk(elsewhere)
    new = known.keys() - set(numbers)
    rows = [known[number] for number in numbers if number in known]
    return Standing(rows, len(new), not new and rows != list(fresh))

"""What an export of chosen analyses leaves out, and why: said on its page, and in the file, which goes further."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from analyses.access import GONE
from analyses.lifecycle.english import in_english
from analyses.models import Analysis

NO_RESULTS = gettext_lazy("No run of it has published results.")


@dataclass(frozen=True)
class LeftOut:
    """One analysis. `name` is empty where there is none that the person may see."""

    number: int
    name: str
    reason: Promise

    @property
    def called(self) -> str:
        """Its name, or its number, as files say it."""
        return self.name or f"Analysis {self.number}"

    @property
    def why(self) -> str:
        """The reason in English, as in all files."""
        with in_english():
            return str(self.reason)

    @property
    def told(self) -> dict[str, object]:
        """The same for programs."""
        return {"analysis": self.number, "name": self.name or None, "reason": self.why}


def missing(numbers: Iterable[int], found: Collection[Analysis]) -> list[LeftOut]:
    """What was chosen and is not among those that were found."""
    known = {analysis.pk for analysis in found}
    return [LeftOut(number, "", GONE) for number in numbers if number not in known]


def without_results(found: Iterable[Analysis], published: Collection[int]) -> list[LeftOut]:
    """What has no run whose results are published: `published` are the numbers of those that have one."""
    return [LeftOut(analysis.pk, analysis.name, NO_RESULTS) for analysis in found if analysis.pk not in published]

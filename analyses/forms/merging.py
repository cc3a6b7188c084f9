"""Two people on the page of one analysis: what the other saved goes into what is sent, where it was not touched."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.forms import BaseForm
from django.http import QueryDict

from analyses.differences import AddressChange, Difference
from analyses.forms.opened import Sent, digest, read, shown, sign, together
from analyses.forms.rows import keys_sent
from analyses.forms.scans import ScanForm
from analyses.models import Scan
from analyses.models.secrets import SECRETS


class Merge:
    """What was sent by a page that was opened before somebody else saved, and what they saved, in one.

    Settings that only they changed become theirs in `data`. What both changed stays as it was sent and is not settled:
    somebody has to look at both. Nor are secrets, of which a page does not know whether they were changed.
    """

    def __init__(self, data: QueryDict, chosen: Collection[str], form: BaseForm, scans: Iterable[Scan]):
        """`form` and `scans` are the analysis as it is stored; `chosen` are the names of the files that were sent."""
        self._data = data
        self._stored: dict[str, dict[str, str]] = {}  # digests of what is stored, by the name that carries them
        self._settled: set[tuple[int | None, str]] = {(None, name) for name in self._take_over(form)}
        stored = {str(scan.pk): scan for scan in scans}
        sent, removed = keys_sent(data), set(data.getlist("remove"))
        unseen = removed & stored.keys()  # whose settings as they are stored now may not have been seen
        for key in sent:
            if key not in stored:
                continue
            scan_form = ScanForm(key=key, scan=stored[key])
            if self._is_unchanged(scan_form):
                unseen.discard(key)
            self._settled |= {(stored[key].pk, name) for name in self._take_over(scan_form)}
        self._removal_is_settled = not unseen
        gone = {key for key in sent if key.isdecimal() and key not in stored and self._is_untouched(key, chosen)}
        data.setlist("scan", [key for key in sent if key not in gone])

    def settles(self, difference: Difference) -> bool:
        """Is this difference from what is stored a change of one person only?"""
        if isinstance(difference, AddressChange):
            return bool(difference.new) or self._removal_is_settled
        return difference.name not in SECRETS and (difference.scan, together(difference.name)) in self._settled

    def accept(self) -> None:
        """Whoever is shown both knows what is stored: what is sent next goes before it."""
        for name, digests in self._stored.items():
            self._data[name] = sign(name, digests)

    def _take_over(self, form: BaseForm) -> set[str]:
        """Replace what was not touched by what is stored; answers which settings are settled."""
        carried = form.add_prefix("opened")
        before, now = read(carried, self._data), shown(form)
        self._stored[carried] = {name: digest(values) for name, values in now.items()}
        after, settled = dict(self._stored[carried]), set()
        for group, names in _grouped(now).items():
            opened, theirs = [before.get(name) for name in names], [after[name] for name in names]
            mine = [digest({key: self._data.getlist(key) for key in now[name]}) for name in names]
            if mine == opened:
                for name in names:
                    self._replace(now[name])
            elif mine != theirs != opened:
                after |= {name: before.get(name, "") for name in names}
                continue
            settled.add(group)
        self._data[carried] = sign(carried, after)
        return settled

    def _replace(self, sent: Sent) -> None:
        for name, values in sent.items():
            self._data.setlist(name, values)

    def _is_unchanged(self, form: BaseForm) -> bool:
        """Is a scan stored as it was when its settings were opened?"""
        stored = {name: digest(values) for name, values in shown(form).items()}
        return stored == read(form.add_prefix("opened"), self._data)

    def _is_untouched(self, key: str, chosen: Collection[str]) -> bool:
        """Was nothing done to the settings of a scan that is gone? Then it stays so."""
        prefix = f"scan-{key}-"
        digests = read(f"{prefix}opened", self._data)
        given = [name for name in SECRETS if self._data.get(prefix + name)]
        given += [name for name in chosen if name.startswith(prefix)]
        same = (digest({prefix + name: self._data.getlist(prefix + name)}) == was for name, was in digests.items())
        return bool(digests) and not given and key not in self._data.getlist("again") and all(same)


def _grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """The settings by what they belong to."""
    groups = defaultdict(list)
    for name in names:
        groups[together(name)].append(name)
    return groups

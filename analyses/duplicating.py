"""Duplicating an analysis: a copy that is Saved for Later, with all scans, their secrets and their specifications."""

from collections.abc import Collection, Iterator
from itertools import count, islice
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from analyses import lifecycle
from analyses.configuring import lock
from analyses.lifecycle.writing import note_on
from analyses.models import Analysis, Scan, Specification
from analyses.models.secrets import SECRETS
from analyses.said import said as _

# What of an analysis its copy has too; moments only while they have not passed. Its first start is no part of it: the
# copy starts as soon as it is submitted.
COPIED = (
    "description", "user_agent", "excluded_urls", "end_by", "duration", "repeat", "repeat_days", "repeat_until",
    "repeat_count", "repeat_off_after", "zone", "pause_from", "pause_until", "pause_days", "prescan_only",
    "hold_results", "recipients", "business_unit", "contact_name", "contact_email", "engine",
)  # fmt: skip
_LONGEST_NAME = 120
_BATCH = 50  # scans with their secrets, which hold recorded scripts, at a time
_FEW = 3  # specifications, which may be larger
_TRIES = 20


def duplicate(analysis: Analysis, person: User) -> Analysis:
    """Make a copy that belongs to this person, and log it in both. It has their own teams of those of the original.

    Raises lifecycle.Refused. Nobody saves the original meanwhile. Secrets that cannot be read stay so in the copy.
    """
    for _try in range(_TRIES):
        try:
            with transaction.atomic():
                return _duplicate(lock(analysis.pk), person)
        except IntegrityError as error:
            if "analysis_name_unique" not in str(error):
                raise
    raise lifecycle.Refused(gettext("Others are duplicating it at the same time. Nothing was done; try again."))


def free_name(name: str) -> str:
    """As in "Copy of Shop", or "Copy of Shop (2)" where there is one already."""
    start = f"Copy of {name}"[: _LONGEST_NAME - 12]  # with room for a number
    taken = {name.lower() for name in Analysis.objects.filter(name__istartswith=start).values_list("name", flat=True)}
    return next(free for free in _names(name, start) if free.lower() not in taken)


def _names(name: str, start: str) -> Iterator[str]:
    yield f"Copy of {name}"[:_LONGEST_NAME].rstrip()
    yield from (f"{start.rstrip()} ({number})" for number in count(2))


def _duplicate(analysis: Analysis, person: User) -> Analysis:
    copy = Analysis(name=free_name(analysis.name), owner=person, schedule_changed_by=person)
    for field in COPIED:
        setattr(copy, field, getattr(analysis, field))
    if copy.end_by and copy.end_by <= timezone.now():
        copy.end_by = None
    if copy.repeat_until and copy.repeat_until < timezone.localdate():
        copy.repeat_until = None
    copy.save(force_insert=True)
    copy.teams.set(analysis.teams.filter(pk__in=person.groups.values("pk")))
    _copy_scans(analysis, copy)
    lifecycle.created(copy, person)
    note_on(copy, _("Created as a copy"), person, cause=_("Of “%(name)s”.", name=analysis.name))
    note_on(analysis, _("Duplicated"), person, cause=_("As “%(name)s”.", name=copy.name))
    return copy


def _copy_scans(analysis: Analysis, copy: Analysis) -> None:
    all_of_them = iter(analysis.scans.values_list("pk", flat=True))
    while some := list(islice(all_of_them, _BATCH)):
        scans = list(Scan.objects.filter(pk__in=some))
        became = _copy_specifications([scan.specification_id for scan in scans if scan.specification_id], copy)
        for scan in scans:
            _make_new(scan, copy, SECRETS)
            if scan.specification_id is not None:
                scan.specification_id = became[scan.specification_id]
        Scan.objects.bulk_create(scans)


def _copy_specifications(used: list[int], copy: Analysis) -> dict[int, int]:
    """Copy these, since each belongs to one scan; answers which one became which."""
    became: dict[int, int] = {}
    left = iter(used)
    while some := list(islice(left, _FEW)):
        rows = list(Specification.objects.filter(pk__in=some))
        old = [row.pk for row in rows]
        for row in rows:
            _make_new(row, copy, ("requests",))
        new = Specification.objects.bulk_create(rows)
        became |= {before: row.pk for before, row in zip(old, new, strict=True)}
    return became


def _make_new(row: Scan | Specification, copy: Analysis, secrets: Collection[str]) -> None:
    """Have a row that was read become a new one of the copy."""
    texts = {name: getattr(row, name) for name in secrets}
    row.pk, row.seal = None, uuid4()
    for name, text in texts.items():  # encrypted for the new row
        setattr(row, name, text)
    row._state.adding = True
    row.analysis = copy

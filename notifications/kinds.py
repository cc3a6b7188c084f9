"""The kinds of mails, as people choose among them: what needs them most first. Pure."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DIGEST = "digest"  # the daily mail: made of the others, and no kind that is chosen
OVERFLOW = "overflow"  # the mail of an hour in which there were too many: made of the others too
MADE_OF_OTHERS = (DIGEST, OVERFLOW)
BARE = "bare"  # what a mail of any kind is where nothing but that it happened may leave: NOTIFY_WITHOUT_DETAILS
ALL = "all"  # of a link that unsubscribes: every kind that is optional
TEST = "test"  # what a hook is told to see whether it hears


@dataclass(frozen=True)
class Kind:
    """`event` is the folder in templates/mail/. A kind that `must` arrive cannot be put off or left out."""

    event: str
    label: str | Promise
    about: str | Promise
    must: bool = False


KINDS = (
    Kind(
        "schedule_ended",
        _("Schedule ended by itself"),
        _("After too many failed runs in a row; no more follow. To whoever last changed the schedule, else the owner."),
        must=True,
    ),
    Kind(
        "prescan_failed",
        _("Prescan failed"),
        _("What cannot be scanned, why, and what to do. To whoever last changed the schedule, else the owner."),
    ),
    Kind(
        "flapping",
        _("Prescans fail and succeed in turns"),
        _("Told once instead of each of them, until they are steady. To whom prescans are told."),
    ),
    Kind(
        "results_held",
        _("Results wait for review"),
        _("Nobody else is told until a security lead has published them. To security leads."),
    ),
    Kind(
        "results_published",
        _("Results published"),
        _("How many findings there are, and what is new. To security leads and internal recipients."),
    ),
    Kind(
        "prescan_succeeded",
        _("Prescan succeeded"),
        _("All targets can be scanned. To whoever last changed the schedule, else the owner."),
    ),
)
_NO_KIND = {DIGEST: _("Daily mail"), OVERFLOW: _("Too many in an hour"), BARE: _("Without details")}
BY_EVENT = {kind.event: kind for kind in KINDS}
OPTIONAL = tuple(kind for kind in KINDS if not kind.must)


def is_optional(event: str) -> bool:
    """Whether people may put off, or do without, the mails of an event; its own kind or the daily mail."""
    return event == DIGEST or any(kind.event == event for kind in OPTIONAL)


def label_of(event: str) -> str:
    return str(BY_EVENT[event].label if event in BY_EVENT else _NO_KIND.get(event, event))


def rank(event: str) -> int:
    """Where a kind stands among the others: 0 needs its reader most."""
    return next((place for place, kind in enumerate(KINDS) if kind.event == event), len(KINDS))

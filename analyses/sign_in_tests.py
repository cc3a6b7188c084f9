"""Trying out a sign-in before it is saved: kept in the database, carried out by a worker, gone after an hour.

Its secrets never go through the broker: they are encrypted in the row until a worker has used them. One that is
under way renews a short lease, so that it may wait for a browser for long and a lost worker still shows at once.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from analyses import lifecycle, prescan
from analyses.configuring import ScanSettings
from analyses.doorbell import ring
from analyses.frozen import prescan_target
from analyses.lifecycle.freezing import frozen_settings
from analyses.meanwhile import while_beating
from analyses.models import Analysis, Scan, SignInTest, SignInTestStage, SignInTestStep
from analyses.models.secrets import SECRETS, UnreadableSecret
from analyses.prescan.bounds import prescan_seconds
from analyses.prescan.contract import PrescanResult, Step
from analyses.said import said as _
from analyses.said import said_by
from analyses.statuses import logged
from analyses.targets import AllowedNow
from dashboard.shutdown import Suspended

MOST_OPEN = 3  # of one person
KEPT = timedelta(hours=1)
WAITS = timedelta(minutes=2)  # for a worker that is at work on none of them
LEASE = timedelta(seconds=60)  # without a sign of its worker, before that counts as lost
_UNTAKEN = _("No worker took it. The banner on the list of analyses says whether any is at work.")
_LOST = _("Its worker was lost. Try again.")


class Lost(Exception):
    """It was taken away from its worker, who was not heard of for too long."""


class TooMany(Exception):
    """This person has enough tests under way; the message says so."""


def begin(user: User, analysis: Analysis | None, settings_: ScanSettings, for_all: Mapping[str, str]) -> SignInTest:
    """Have a worker try these settings; secrets that are not given are the stored scan's. Raises TooMany.

    `for_all` are the user agent and the excluded URLs of the analysis as they stand on the page.
    """
    stored = analysis.scans.filter(pk=settings_.pk).first() if analysis and settings_.pk else None
    scan = Scan(**{name: getattr(stored, name) for name in SECRETS} if stored else {})
    for name, value in settings_.values.items():
        setattr(scan, name, value)
    for name, secret in settings_.secrets.items():
        setattr(scan, name, secret.text)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once make no fourth
        if SignInTest.objects.filter(user=user, ended_at=None).count() >= MOST_OPEN:
            text = gettext("%(count)s tests of yours are under way. Wait for one of them.")
            raise TooMany(text % {"count": MOST_OPEN})
        test = SignInTest.objects.create(
            analysis=analysis,
            user=user,
            url=scan.url,
            specification_id=scan.specification_id,
            configuration=frozen_settings(scan, Analysis(**for_all)),
            **{name: getattr(scan, name) for name in SECRETS},
        )
        if stored is not None and analysis is not None:  # its secrets may be used
            lifecycle.tried(analysis, user, scan.title)
        ring("test_sign_in", test.pk)
    return test


def drive(test_id: int) -> None:
    """Carry out one that waits; does nothing when it is somebody else's or over."""
    waiting = SignInTest.objects.filter(pk=test_id, ended_at=None, lease_until=None)
    if not waiting.update(lease_until=timezone.now() + LEASE):
        return
    test = SignInTest.objects.select_related("specification").get(pk=test_id)
    if cause := lifecycle.halted():
        _end(test, succeeded=False, cause=cause)
        return
    try:
        _UnderWay(test).to_its_end()
    except UnreadableSecret as error:
        _end(test, succeeded=False, cause=said_by(error), advice=_("Enter the password, token or script again."))
    except Suspended:
        _put_down(test)
    except Lost:
        pass  # its page says so


class _UnderWay:
    """One test that this worker has taken. Its steps come from the thread that does it, and are stored by this one."""

    def __init__(self, test: SignInTest):
        """Raises UnreadableSecret."""
        self._test = test
        self._told: deque[tuple[int, Step]] = deque()
        self._allowed = AllowedNow(lifecycle.allowed_patterns(test.analysis_id, test.user_id))
        self._target = prescan_target(test, allowed=self._allowed, pictures=True)

    def to_its_end(self) -> None:
        """Carry it out and store what came of it. Raises Lost and Suspended."""
        try:
            result = while_beating(self._beat, self._run)
        finally:  # what still runs is bounded, and connects to nothing more
            self._allowed.renew(())
        self._store_steps()
        _end(self._test, succeeded=result.failure is None, cause=_cause(result), advice=result.advice)

    def _run(self) -> PrescanResult:
        seconds = prescan_seconds(self._target, settings.PRESCAN_SECONDS)
        return prescan.run(self._target, seconds=seconds, tell=lambda *told: self._told.append(told))

    def _beat(self) -> None:
        """Show that it is being carried out, and how far it is."""
        held = SignInTest.objects.filter(pk=self._test.pk, ended_at=None)
        if not held.update(lease_until=timezone.now() + LEASE):
            raise Lost
        self._allowed.renew(lifecycle.allowed_patterns(self._test.analysis_id, self._test.user_id))
        self._store_steps()

    def _store_steps(self) -> None:
        while self._told:
            position, step = self._told.popleft()
            with transaction.atomic():  # nobody looks at a step without its stages
                stored = SignInTestStep.objects.create(test=self._test, position=position, **step.alone)
                SignInTestStage.objects.bulk_create(
                    SignInTestStage(step=stored, position=at, words=stage.words, screenshot=stage.screenshot)
                    for at, stage in enumerate(step.stages)
                )


def _put_down(test: SignInTest) -> None:
    """Leave it to another worker, from its beginning."""
    with transaction.atomic():
        test.steps.all().delete()
        SignInTest.objects.filter(pk=test.pk, ended_at=None).update(lease_until=None, created_at=timezone.now())


def _cause(result: PrescanResult) -> str:
    if result.failure is None:
        return ""
    return _("%(status)s: %(cause)s", status=_(logged(result.failure)), cause=result.cause)


def _end(test: SignInTest, *, succeeded: bool, cause: str = "", advice: str = "") -> None:
    fields = {"ended_at": timezone.now(), "succeeded": succeeded, "cause": cause, "advice": advice}
    SignInTest.objects.filter(pk=test.pk, ended_at=None).update(**fields, **dict.fromkeys(SECRETS, ""))


def waiting() -> list[int]:
    """Those that no worker has taken, the oldest first."""
    untaken = SignInTest.objects.filter(ended_at=None, lease_until=None)
    return list(untaken.order_by("pk").values_list("pk", flat=True))


def clear_up() -> None:
    """End those that nobody carries out, with their secrets; forget those that are old."""
    now = timezone.now()
    over = {"ended_at": now, "succeeded": False, **dict.fromkeys(SECRETS, "")}
    SignInTest.objects.filter(ended_at=None, lease_until__lt=now).update(**over, cause=_LOST)
    since = now - (KEPT if _at_work(now) else WAITS)
    SignInTest.objects.filter(ended_at=None, lease_until=None, created_at__lt=since).update(**over, cause=_UNTAKEN)
    SignInTest.objects.filter(ended_at__lt=now - KEPT).delete()


def _at_work(now: datetime) -> bool:
    """Has a worker been at any of them lately? Then the others wait for their turn."""
    taken = SignInTest.objects.filter(lease_until__gt=now - WAITS)
    return taken.exists()

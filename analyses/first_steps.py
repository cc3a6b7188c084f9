"""The way from a new installation to the first results, and how far a person has come on it."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _

from analyses import access
from analyses.models import AllowedTarget, Analysis, AnalysisOccurrence, PrescanStep, SignInTest
from analyses.roles import Right
from analyses.statuses import ANALYSIS_PUBLISHED


@dataclass(frozen=True)
class FirstStep:
    """`address` is the page on which this person does it; empty where somebody else has to, or nothing is there yet."""

    title: str
    about: str
    address: str
    done: bool


def first_steps(user: User) -> list[FirstStep]:
    """The steps in their order. What is done is what can be found, in one query."""
    visible = Analysis.objects.visible_to(user).order_by()
    found = User.objects.filter(pk=user.pk).values_list(
        Exists(AllowedTarget.objects.for_analysis(None, user.pk)),
        Exists(visible),
        Exists(SignInTest.objects.filter(user=user.pk)),
        Exists(PrescanStep.objects.filter(scan_occurrence__occurrence__analysis__in=visible)),
        Exists(AnalysisOccurrence.objects.filter(analysis__in=visible, prescan_only=False)),
        Exists(visible.filter(status__in=ANALYSIS_PUBLISHED)),
        Exists(User.objects.filter(is_active=True).exclude(pk=user.pk)),
    )
    return [FirstStep(*words, done) for words, done in zip(_words(user), found.get(), strict=True)]


def _words(user: User) -> list[tuple[str, str, str]]:
    """Title, explanation and address of each step."""
    leads = user.is_superuser
    new = reverse("analyses:new") if access.may(user, Right.CONFIGURE) else ""
    every = reverse("analyses:list")
    return [
        (
            _("Approve a target"),
            _("Vedette connects to nothing that is not allowed. Add a host, such as shop.example.com.")
            if leads
            else _("Vedette connects to nothing that no administrator has allowed. Ask for the host you want to scan."),
            reverse("admin:analyses_allowedtarget_add") if leads else "",
        ),
        (_("Create an analysis"), _("A name, and the URLs or API specifications that are to be scanned."), new),
        (
            _("Test the sign-in"),
            _(
                "Where a target asks who you are: open it in the list of URLs, choose how to sign in, and press “Test "
                "connection and sign-in”. Nothing is saved by it."
            ),
            new,
        ),
        (
            _("Prescan it"),
            _(
                "Analysis Actions → Run prescan only: tells within a minute whether everything answers and lets "
                "itself be signed in to, and scans nothing."
            ),
            every,
        ),
        (_("Submit it"), _("Analysis Actions → Submit: prescans, scans, and tests again what was found."), every),
        (
            _("Read the results"),
            _("On the tab Results: what was found, how it is shown to be there, what to do."),
            every,
        ),
        (
            _("Invite people"),
            _("Make their accounts, and give them roles and teams.")
            if leads
            else _("An administrator makes accounts. You choose in an analysis which of your teams may see it."),
            reverse("admin:auth_user_add") if leads else "",
        ),
    ]

"""The same action on many analyses of the list: each is done, or it is said why not; nothing is all or nothing."""

from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from analyses import configuring, lifecycle
from analyses.access import GONE, analyses_among, analysis_for
from analyses.actions import Action
from analyses.models import Analysis
from analyses.row_actions import actions_for_each
from analyses.saved_views import address_of_list
from analyses.views.actions import STARTING, do
from dashboard.http import HtmxRequest

# In the order of their buttons.
IN_BULK = (Action.SUBMIT, Action.WITHDRAW, Action.PUBLISH, Action.STOP_SAVE, Action.STOP_DELETE)
MOST_CHOSEN = 100
_REPORT = "bulk_report"  # in the session: what became of the last one


@dataclass(frozen=True)
class Outcome:
    """What became of one analysis. `name` is empty where there is none that the person may see."""

    pk: int
    name: str
    done: bool
    text: str
    there: bool = True  # still


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HtmxRequest) -> HttpResponse:
    """Do it and show the report, which stays to be looked at until the next one. Deleting results asks first."""
    if request.method != "POST":
        kept = request.session.get(_REPORT)
        return render(request, "analyses/bulk_report.html", kept) if kept else redirect("analyses:list")
    back = address_of_list(request.POST.get("list", ""))
    action = request.POST.get("action", "")
    if not action:
        messages.info(request, _("Nothing was done: choose with a button what is to be done."))
        return redirect(back)
    if action not in IN_BULK:
        raise Http404
    verb = Action(action)
    numbers = chosen(request)
    if not 0 < len(numbers) <= MOST_CHOSEN:
        messages.error(request, wrong_number(len(numbers), str(verb.label)))
        return redirect(back)
    if verb is Action.STOP_DELETE and request.POST.get("confirmed", "").strip() != str(len(numbers)):
        return _ask(request, verb, numbers, back)
    return report(request, str(verb.label), [_try(request, number, verb) for number in numbers], back)


def report(request: HtmxRequest, label: str, outcomes: list[Outcome], back: str) -> HttpResponse:
    """Keep what became of each, and lead to where it is read."""
    request.session[_REPORT] = {
        "label": label,
        "outcomes": [asdict(outcome) for outcome in outcomes],
        "done": sum(outcome.done for outcome in outcomes),
        "back": back,
    }
    return redirect("analyses:bulk")


def chosen(request: HtmxRequest) -> list[int]:
    """The numbers that were checked, each once; what is no number is none."""
    texts = dict.fromkeys(request.POST.getlist("chosen"))
    return [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 19]


def wrong_number(number: int, label: str) -> str:
    """Why so many analyses cannot be chosen."""
    if number:
        text = _("Nothing was done: %(number)s analyses were chosen, and at most %(most)s can be at once.")
        return text % {"number": number_format(number, force_grouping=True), "most": MOST_CHOSEN}
    return _("Nothing was done: check the analyses first, then choose “%(action)s”.") % {"action": label}


def _try(request: HtmxRequest, number: int, verb: Action) -> Outcome:
    try:
        analysis = analysis_for(request.user, number)
    except Http404:
        return Outcome(number, "", False, str(GONE))
    try:
        if verb in STARTING and configuring.refused_targets(analysis):
            raise lifecycle.Refused(_("Not submitted: some of its addresses are not allowed targets."))
        return Outcome(number, analysis.name, True, str(do(request.user, analysis, verb)))
    except lifecycle.Refused as refused:
        return Outcome(number, analysis.name, False, str(refused))


def _ask(request: HtmxRequest, verb: Action, numbers: list[int], back: str) -> HttpResponse:
    """The question before results are deleted: names what would be, and what cannot be and why.

    It is answered with the number of the analyses that lose theirs.
    """
    found = analyses_among(request.user, numbers)
    possible: list[Analysis] = []
    others: list[tuple[Analysis, str]] = []
    for analysis, choices in actions_for_each(request.user, list(found)):
        reason = dict(choices)[verb]
        if reason:
            others.append((analysis, reason))
        else:
            possible.append(analysis)
    if not possible:
        text = _("Nothing was done: “%(action)s” is possible for none of the chosen analyses now.")
        messages.warning(request, text % {"action": verb.label})
        return redirect(back)
    context = {
        "action": verb,
        "possible": possible,
        "others": others,
        "findings": sum(analysis.finding_count for analysis in possible),
        "list": request.POST.get("list", ""),
        "back": back,
        "miscounted": "confirmed" in request.POST,
        "undo": timedelta(seconds=settings.UNDO_SECONDS),
    }
    return render(request, "analyses/bulk_confirm.html", context, status=400 if context["miscounted"] else 200)

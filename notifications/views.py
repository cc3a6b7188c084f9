"""What somebody wants to be told, and the page of the links that unsubscribe."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import kinds, ledger, unsubscribing
from notifications.forms import PreferencesForm
from notifications.models import Choice, OutgoingMail, RefusedAddress

SHOWN_MAILS = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """A person's own choices, and the record of what they were told."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - login_required
    form = PreferencesForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your notifications are saved."))
        return redirect("notifications:preferences")
    played = ledger.replay(user)
    context = {
        "form": form,
        "musts": [kind for kind in kinds.KINDS if kind.must],
        "refused": RefusedAddress.objects.blocked().filter(address=user.email.strip().lower()).first(),
        "kinds": [(field, played.by_kind[field.name]) for field in form.kinds],
        "played": played,
        "days": ledger.DAYS,
        **_told(user, request.GET.get("before", "")),
    }
    return render(request, "notifications/preferences.html", context, status=400 if form.errors else 200)


def _told(user: User, before: str) -> dict[str, object]:
    """One page of their mails, the latest first, each with why it was sent or not; `older` continues it."""
    mails = OutgoingMail.objects.filter(user=user).select_related("digest").defer("text", "html", "digest__text")
    if before.isascii() and before.isdecimal():
        mails = mails.filter(pk__lt=int(before[:18]))
    found = list(mails.defer("digest__html")[: SHOWN_MAILS + 1])
    shown = found[:SHOWN_MAILS]
    return {
        "mails": [(mail, ledger.why(mail)) for mail in shown],
        "older": shown[-1].pk if found[len(shown) :] else None,
    }


@csrf_exempt  # what may be done is said by the signature in the address: mail programs press this button themselves
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing: programs open every link of a mail. Posting unsubscribes, or undoes it."""
    try:
        reader = unsubscribing.reader_of(token)
    except unsubscribing.NoSuchLink:
        return render(request, "notifications/no_such_link.html", status=403)
    left: dict[str, Choice] = {}
    if request.method == "POST" and "undo" in request.POST:
        reader.come_back(_choices(request.POST.getlist("was")))
    elif request.method == "POST":
        left = reader.leave()
    elif request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    context = {
        "kind": kinds.BY_EVENT.get(reader.event),
        "is_all": reader.event == kinds.ALL,
        "has_account": reader.user is not None,
        "is_away": reader.is_away,
        "was": [f"{event}:{choice}" for event, choice in left.items() if choice != Choice.NONE],
        "undone": "undo" in request.POST,
    }
    return render(request, "notifications/unsubscribe.html", context)


def _choices(texts: list[str]) -> dict[str, Choice]:
    """The choices that the form to undo carries along; what is none is left out."""
    pairs = [text.partition(":")[::2] for text in texts]
    return {event: Choice(choice) for event, choice in pairs if event in kinds.BY_EVENT and choice in Choice.values}

"""Marking what has changed as seen."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from analyses.last_looks import mark_seen
from analyses.saved_views import address_of_list
from dashboard.http import HtmxRequest


@require_POST
def seen(request: HtmxRequest) -> HttpResponse:
    """Mark it, up to the last of what was shown (`until`): what came meanwhile stays new. Then back to the list."""
    mark_seen(request.user, _moment(request.POST.get("until", "")))
    messages.success(request, _("Marked as seen. What changes from now on is shown here."))
    return redirect(address_of_list(request.POST.get("list", "")))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment if timezone.is_aware(moment) else None
    except ValueError:
        return None

"""The living style page: the tokens, and every component as the pages have it, from the pages' own partials."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analyses.style_samples import SIZES, TOKENS, samples
from dashboard.http import HtmxRequest, no_news, wants_fragment


@require_safe
def style(request: HtmxRequest) -> HttpResponse:
    if wants_fragment(request):
        return no_news()  # to its sample of a live region
    context = samples(request.user, timezone.now())
    return render(request, "analyses/style.html", {**context, "tokens": TOKENS, "sizes": SIZES})

"""Test again: one finding of an analysis, for whoever may judge it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from analyses import lifecycle, retesting
from analyses.access import finding_for, require, run_for
from analyses.roles import Right
from dashboard.http import HtmxRequest


@require_POST
def test_again(request: HtmxRequest, pk: int, finding_pk: int) -> HttpResponse:
    """Ask for it and go back to the finding, in the run that was looked at; a refusal becomes a message there."""
    finding = finding_for(request.user, pk, finding_pk)
    require(request.user, Right.TRIAGE)
    run = run_for(finding.analysis, request.GET.get("occurrence", ""))
    try:
        retesting.begin(finding, retesting.place_of(finding), request.user)
    except lifecycle.Refused as refused:
        messages.warning(request, _("Not tested again: %(reason)s") % {"reason": refused})
    address = reverse("analyses:results", args=[pk])
    return redirect(f"{address}?{urlencode({'finding': finding.pk})}{run.more}#retest-{finding.pk}")

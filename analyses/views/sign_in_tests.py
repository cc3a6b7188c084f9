"""Test connection and sign-in: tries what stands on the Configure Analysis page, before anything is saved."""

from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from analyses import sign_in_tests
from analyses.access import analysis_for, require_to_configure, sign_in_test_for
from analyses.forms.page import ConfigurePage
from analyses.models import SignInTestStage
from analyses.prescan.checks import CHECKS
from analyses.views.pictures import jpeg
from dashboard.http import HtmxRequest, wants_fragment

TEMPLATE = "analyses/sign_in_test.html"


@sensitive_post_parameters()
@require_POST
def start(request: HtmxRequest, pk: int | None = None) -> HttpResponse:
    """Have the settings of one scan tried; `test` is its key on the page, which is sent as a whole."""
    analysis = analysis_for(request.user, pk) if pk is not None else None
    require_to_configure(request.user, analysis)
    page = ConfigurePage(request.user, analysis, request.POST, request.FILES)
    row = next((row for row in page.rows if row.key == request.POST.get("test") and row.sent), None)
    if row is None or row.sent is None or page.locked:
        raise Http404
    page.form.full_clean()
    row.sent.full_clean()
    page.list.read_replacement(row.sent)
    page.list.check_whose(row)
    problems = [f"{row.sent[name].label}: {message}" for name, found in row.sent.errors.items() for message in found]
    if not problems:
        try:
            test = sign_in_tests.begin(request.user, analysis, row.sent.settings(), page.for_all)
        except sign_in_tests.TooMany as error:
            problems = [str(error)]
        else:
            return _show(request, test.pk) if request.htmx else redirect("analyses:sign-in-test", test.pk)
    template = f"{TEMPLATE}#problems" if request.htmx else TEMPLATE
    return render(request, template, {"problems": problems, "analysis": analysis})


@require_safe
@never_cache
def sign_in_test(request: HtmxRequest, pk: int) -> HttpResponse:
    """How far it is, and in the end what came of it: a page, or the part of one that asks again."""
    return _show(request, pk)


def _show(request: HtmxRequest, pk: int) -> HttpResponse:
    test = sign_in_test_for(request.user, pk)
    context = {
        "test": test,
        "steps": test.steps.without_pictures().prefetch_related(
            Prefetch("stages", SignInTestStage.objects.without_pictures())
        ),
        "all_steps": len(CHECKS),
        "analysis": test.analysis,
    }
    return render(request, f"{TEMPLATE}#test" if wants_fragment(request) else TEMPLATE, context)


@require_safe
@never_cache
def picture(request: HtmxRequest, pk: int, position: int) -> HttpResponse:
    """What a browser showed at one step."""
    return jpeg(sign_in_test_for(request.user, pk).steps.filter(position=position))


@require_safe
@never_cache
def stage_picture(request: HtmxRequest, pk: int, position: int, stage: int) -> HttpResponse:
    """What a browser showed at one stage of a step."""
    test = sign_in_test_for(request.user, pk)
    return jpeg(SignInTestStage.objects.filter(step__test=test, step__position=position, position=stage))

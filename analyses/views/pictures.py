"""Pictures of pages as a prescan's browser showed them."""

from django.http import Http404, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analyses.access import scan_occurrence_for
from analyses.models.prescan_steps import StepQuerySet
from dashboard.http import HtmxRequest

JPEG = b"\xff\xd8\xff"


@require_safe
@never_cache
def prescan_picture(request: HtmxRequest, pk: int, scan_pk: int, position: int) -> HttpResponse:
    """What a browser showed at one step of a scan's prescan."""
    return jpeg(scan_occurrence_for(request.user, pk, scan_pk).prescan_steps.filter(position=position))


def jpeg(steps: StepQuerySet) -> HttpResponse:
    """The picture of the only one of these steps; Http404 without one. Nothing but a JPEG is ever sent."""
    picture = bytes(steps.values_list("screenshot", flat=True).first() or b"")
    if not picture.startswith(JPEG):
        raise Http404("There is no picture.")
    return HttpResponse(picture, content_type="image/jpeg")

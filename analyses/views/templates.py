"""Templates: what new analyses can start from."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from analyses.access import may_delete_template, template_for
from analyses.configuration_in_words import of_template
from analyses.configuration_templates import pattern_of, scan_defaults
from analyses.models import ConfigurationTemplate, Scan
from dashboard.http import HtmxRequest

TEMPLATES = 50


@require_safe
def templates(request: HtmxRequest) -> HttpResponse:
    usable = ConfigurationTemplate.objects.usable_by(request.user).select_related("owner").prefetch_related("teams")
    page = Paginator(usable, TEMPLATES).get_page(request.GET.get("page"))
    shown = [
        (
            template,
            of_template(pattern_of(template), Scan(**scan_defaults(template))),
            may_delete_template(request.user, template),
        )
        for template in page
    ]
    return render(request, "analyses/templates.html", {"page": page, "templates": shown})


@require_http_methods(["GET", "HEAD", "POST"])
def delete_template(request: HtmxRequest, pk: int) -> HttpResponse:
    """Asks first; deleting takes nothing from the analyses that were started from it."""
    template = template_for(request.user, pk, to_delete=True)
    if request.method != "POST":
        return render(request, "analyses/delete_template.html", {"template": template})
    template.delete()
    messages.success(request, _("The template “%(name)s” is deleted.") % {"name": template.name})
    return redirect("analyses:templates")

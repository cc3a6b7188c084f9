"""Saving what the list is narrowed to under a name, and deleting it again."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from analyses import saved_views
from analyses.models import SavedView
from dashboard.http import HtmxRequest


class ViewForm(forms.Form):
    """The name; what is to be kept is in `list`, as the list's own address has it."""

    name = forms.CharField(max_length=60, error_messages={"required": gettext_lazy("A view needs a name.")})


@require_POST
def save_view(request: HtmxRequest) -> HttpResponse:
    """Keep it and go back to the list, where the view is marked."""
    asked = request.POST.get("list", "")
    form = ViewForm(request.POST)
    if not form.is_valid():
        for error in form.errors["name"]:
            messages.error(request, _("Not saved. %(reason)s") % {"reason": error})
        return redirect(saved_views.address_of_list(asked))
    try:
        view, is_new = saved_views.save(request.user, form.cleaned_data["name"], QueryDict(asked[:8_000]))
    except saved_views.NotSaved as reason:
        messages.error(request, _("Not saved. %(reason)s") % {"reason": reason})
        return redirect(saved_views.address_of_list(asked))
    text = _("The view “%(name)s” is saved.") if is_new else _("The view “%(name)s” is replaced.")
    messages.success(request, text % {"name": view.name})
    return redirect(saved_views.address_of_list(view.query))


@require_POST
def delete_view(request: HtmxRequest, pk: int) -> HttpResponse:
    """Nothing but the name is lost: the list stays as it is shown."""
    try:
        view = SavedView.objects.get(user=request.user, pk=pk)
    except SavedView.DoesNotExist as error:
        raise Http404("No such view.") from error
    view.delete()
    messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
    return redirect(saved_views.address_of_list(view.query))

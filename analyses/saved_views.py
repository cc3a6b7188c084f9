"""Saved views: what somebody narrowed the list of analyses to, under a name, for them alone."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from analyses.filters import AnalysisFilter
from analyses.models import SavedView
from analyses.ordering import PAGE_SIZES, SORTS

MOST_VIEWS = 20
_MOST_TEXT = 150  # of one parameter: no filter takes more
_MOST_ADDRESS = 8_000
_FILTERS = tuple(AnalysisFilter.base_filters)


class NotSaved(Exception):
    """Why a view was not saved, in words."""


def kept_parameters(asked: Mapping[str, str]) -> str:
    """What of an address says which analyses are shown, and in which order: always in the same form.

    Everything that is not known is left out, and so is the number of the page.
    """
    kept = {name: asked.get(name, "").strip() for name in _FILTERS}
    if asked.get("sort", "").removeprefix("-") in SORTS:
        kept["sort"] = asked["sort"]
    if asked.get("size", "") in map(str, PAGE_SIZES[1:]):
        kept["size"] = asked["size"]
    return urlencode({name: text for name, text in kept.items() if text and len(text) <= _MOST_TEXT})


def address_of_list(query: str) -> str:
    """The list's address with what is known of these parameters, the page's number too."""
    asked = QueryDict(query[:_MOST_ADDRESS])
    kept = kept_parameters(asked)
    page = asked.get("page", "")
    if page.isascii() and page.isdecimal() and len(page) < 6:
        kept = f"{kept}&page={page}".removeprefix("&")
    return f"{reverse('analyses:list')}{'?' if kept else ''}{kept}"


def save(user: User, name: str, asked: Mapping[str, str]) -> tuple[SavedView, bool]:
    """Keep it, instead of the view of that name if there is one; answers the view, and whether it is a new one.

    Raises NotSaved.
    """
    query = kept_parameters(asked)
    if not query:
        raise NotSaved(_("Nothing is filtered or sorted: choose something first, then save it."))
    try:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two saves at once make no 21st view
            return _save(user, name, query)
    except IntegrityError as error:
        raise NotSaved(_("It was saved from another window just now.")) from error


def _save(user: User, name: str, query: str) -> tuple[SavedView, bool]:
    views = SavedView.objects.filter(user=user)
    present = views.filter(name__iexact=name).first()
    if present:
        present.name, present.query = name, query
        present.save(update_fields=["name", "query"])
        return present, False
    if views.count() >= MOST_VIEWS:
        text = _("You have %(number)s views, and that is as many as there may be. Delete one first.")
        raise NotSaved(text % {"number": MOST_VIEWS})
    return SavedView.objects.create(user=user, name=name, query=query), True

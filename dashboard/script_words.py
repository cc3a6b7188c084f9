"""What scripts say, in the language of the page: the few texts go with it, as data, and cost no request."""

from functools import cache
from typing import Any

from django.utils import translation
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import trans_real
from django.views.i18n import JavaScriptCatalog


@cache
def _texts(language: str) -> dict[str, Any]:
    """Each text that scripts say (static/js) with what it is in a language; a list of two where it counts things."""
    catalog = JavaScriptCatalog()
    catalog.translation = trans_real.DjangoTranslation(language, domain="djangojs")
    return catalog.get_catalog()


def for_page() -> SafeString | str:
    """An element that holds them; nothing where they are as they are written. static/js/words.js reads it."""
    texts = _texts(translation.get_language() or "en")
    return json_script(texts, "words") if texts else ""

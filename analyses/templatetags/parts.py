"""The parts of a page that refreshes itself: a poll is answered with those only that are not on it already.

A page says with each poll which parts it shows, by their versions (static/js/live.js). A part that is the same comes
back empty, marked as that, and the page leaves the one that it has alone.
"""

import re
from hashlib import blake2b

from django import template
from django.template import Context
from django.utils.safestring import SafeString

register = template.Library()

_ELEMENT = re.compile(r'<(?P<name>[a-z]+)[^>]*? id="(?P<id>[^"]+)"')
BYTES = 6  # of a version: of 200 parts, one changes into the version of another once in 10^12 times


@register.simple_block_tag(takes_context=True)
def part(context: Context, content: SafeString) -> SafeString:
    """One element of a live region, whose id is its own: whole, or empty where the page that asks shows the same."""
    whole = content.strip()
    found = _ELEMENT.match(whole)
    if found is None:
        raise template.TemplateSyntaxError("A part is one element, and has an id.")
    version = _version(context, whole)
    if version in (context.get("parts_shown") or ()):
        return SafeString(f'<{found["name"]} id="{found["id"]}" data-same></{found["name"]}>')  # nosec B703
    # What the template has made safe, and our mark in it: nothing else comes in.
    return SafeString(f'{whole[: found.end()]} data-part="{version}"{whole[found.end() :]}')  # nosec B703


def _version(context: Context, whole: str) -> str:
    """Of what it says: tokens of forms are written differently in every answer, and mean the same."""
    if "csrfmiddlewaretoken" in whole:
        whole = whole.replace(str(context["csrf_token"]), "")
    return blake2b(whole.encode(), digest_size=BYTES).hexdigest()

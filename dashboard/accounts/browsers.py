"""What a browser calls itself, in words that people know."""

from django.utils.translation import gettext as _

_BROWSERS = (  # in this order: most call themselves by the names of others too
    ("Edge", ("Edg/", "EdgA/", "EdgiOS/")),
    ("Opera", ("OPR/",)),
    ("Samsung Internet", ("SamsungBrowser/",)),
    ("Firefox", ("Firefox/", "FxiOS/")),
    ("Chrome", ("Chrome/", "CriOS/")),
    ("Safari", ("Safari/",)),
)
_SYSTEMS = (
    ("Windows", ("Windows NT",)),
    ("iPhone", ("iPhone",)),
    ("iPad", ("iPad",)),
    ("Android", ("Android",)),
    ("macOS", ("Macintosh",)),
    ("ChromeOS", ("CrOS",)),
    ("Linux", ("Linux", "X11")),
)
LONGEST_NAME = 60  # characters, of what is neither


def name_of_browser(user_agent: str) -> str:
    """As in "Chrome on Linux"; what no browser says is shown as it is, cut."""
    browser, system = _found(_BROWSERS, user_agent), _found(_SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    name = browser or user_agent.strip() or _("Unknown")
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _found(names: tuple[tuple[str, tuple[str, ...]], ...], user_agent: str) -> str:
    return next((name for name, words in names if any(word in user_agent for word in words)), "")

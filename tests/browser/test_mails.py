"""Every kind of mail as mail programs show it: on phones and wider, in light and dark, in English and German."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from notifications.samples import SAMPLES, sample

pytestmark = pytest.mark.browser
WIDTHS = (320, 480)
LONG = "An-analysis-with-a-name-that-is-one-word-" * 4


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("event", sorted(SAMPLES))
def test_a_mail_fits_and_is_accessible(browse, event, scheme, language, monkeypatch):
    if "analysis_name" in SAMPLES[event]:
        monkeypatch.setitem(SAMPLES[event], "analysis_name", LONG)
    page = browse(color_scheme=scheme)
    page.set_content(sample(event, language).html)
    assert page.locator("html").get_attribute("lang") == language
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [f"{fault['id']}: {node['html'][:200]}" for fault in found for node in fault["nodes"]] == []
    dark = page.locator(".card").evaluate("card => getComputedStyle(card).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")

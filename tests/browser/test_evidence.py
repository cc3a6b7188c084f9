"""What a target sent is shown to people and run by nobody."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from analyses.models import Finding
from tests.scene import FLAW, published

pytestmark = pytest.mark.browser
HOSTILE = "<script>window.__pwn=1</script><img src=x onerror='window.__pwn=1'><svg onload='window.__pwn=1'>"


def test_hostile_evidence_is_text(page, alice):
    flaw = replace(
        FLAW,
        category=f"SQL Injection {HOSTILE}",
        url=f"http://shop.test/{HOSTILE}",
        parameter=HOSTILE,
        info=HOSTILE,
        request=f"GET /{HOSTILE} HTTP/1.1",
        response=f"</pre>{HOSTILE}",
        wstg=(HOSTILE,),
    )
    analysis = published(alice, name="Shop", description=HOSTILE, flaws=(flaw,))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/analyses/{analysis.pk}/")
    page.get_by_role("navigation", name="Parts of this analysis").get_by_role("link", name="Results").click()
    page.locator(".finding__summary").first.click()
    expect(page.get_by_label("Request")).to_have_text(f"GET /{HOSTILE} HTTP/1.1")
    expect(page.get_by_label("Response")).to_have_text(f"</pre>{HOSTILE}")
    assert page.evaluate("window.__pwn") is None
    assert page.locator("main script, main img, main svg[onload]").count() == 0
    assert [address for address in asked if address.endswith("/x")] == []


def test_a_finding_can_be_linked_to(page, alice):
    analysis = published(alice, flaws=(replace(FLAW, response="syntax error"), replace(FLAW, parameter="sort")))
    page.goto(f"/analyses/{analysis.pk}/results/")
    expect(page.get_by_label("Response")).to_be_hidden()
    page.goto(f"/analyses/{analysis.pk}/results/?finding={Finding.objects.get(parameter='id').pk}")
    expect(page.get_by_label("Response")).to_have_text("syntax error")
    expect(page.locator(".finding")).to_have_count(1)

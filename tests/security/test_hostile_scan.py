"""A real scan of a site that plants payloads wherever the engine and the prescan read, and its results in a browser."""

from html import escape
from urllib.parse import quote

import pytest

from analyses import lifecycle, prescanner, runner
from analyses.models import AllowedTarget, CrawledUrl, Finding, FindingInstance
from tests.scene import an_analysis, scans_of, status
from tests.security.hostile import PAYLOADS
from tests.security.routes import routes
from tests.security.watching import Watch
from tests.targets.serving import Answer, Asked, serve

pytestmark = [pytest.mark.engine, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLANTED = [payload for payload in PAYLOADS if payload.isascii() and payload.isprintable()][:12]


def hostile(asked: Asked) -> Answer:
    """Repeats what it is asked; links, fields, titles, headers and cookies are payloads."""
    queries = [f"n={number}&{quote(text)}={quote(text)}" for number, text in enumerate(PLANTED)]
    links = "".join(f"<a href='/item/?{query}'>x</a>" for query in queries)
    fields = "".join(f'<input name="{escape(text)}" value="{escape(text)}">' for text in PLANTED[:3])
    said = "".join(asked.query.values())
    form = f"<form action='/search/'><input name='q'>{fields}</form>"
    body = f"<html><title>{PLANTED[0]}</title>{said}{form}{links}</html>"
    headers = (("Server", PLANTED[0]), ("X-Powered-By", PLANTED[1]), ("Set-Cookie", f"a={quote(PLANTED[0])}"))
    return Answer(body, headers=headers)


def test_nothing_runs_of_what_a_real_scan_brings_home(root, browse, live_server, console, settings, tmp_path):
    settings.WORK_DIR = tmp_path / "work"
    console.expected += [""]
    with serve(hostile) as site:
        AllowedTarget.objects.create(pattern=site.spot)
        analysis = an_analysis(root, f"{site.url}?q={quote(PLANTED[0])}", engine="wapiti", name=PLANTED[1])
        occurrence = lifecycle.submit(analysis, root)
        prescanner.drive(occurrence.pk)
        scan = scans_of(occurrence)[0]
        assert status(scan) == "Queued", scan.cause
        runner.drive(scan.pk)
        assert "Results Available" in status(scan), scan.cause
    assert "pwned" in "".join(CrawledUrl.objects.values_list("url", flat=True))
    evidence = "".join(FindingInstance.objects.values_list("request", flat=True))
    assert Finding.objects.filter(module="xss").exists()
    assert "pwned" in evidence
    watch = Watch(browse(root, bypass_csp=True), live_server.url)
    for route in routes():
        if route.text.startswith("analyses/<pk>/") and "<action>" not in route.text:
            values = {"<pk>": analysis.pk, "<scan_pk>": scan.pk, "<position>": 0, "<form>": "csv"}
            text = route.text
            for name, value in values.items():
                text = text.replace(name, str(value))
            watch.visit(f"/{text}")
    for finding in Finding.objects.all()[:5]:
        watch.visit(f"/analyses/{analysis.pk}/results/?finding={finding.pk}")
        watch.visit(f"/admin/analyses/finding/{finding.pk}/change/")
    for instance in FindingInstance.objects.all()[:5]:
        watch.visit(f"/admin/analyses/findinginstance/{instance.pk}/change/")
    for page in ("/", "/findings/", "/admin/analyses/crawledurl/", "/admin/analyses/findinginstance/"):
        watch.visit(page)
    assert "\n".join(watch.unexpected) == ""
    assert watch.visited > 15

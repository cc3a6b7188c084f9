"""An API from its uploaded specification to its published results, with the real engine and a sign-in by header."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from analyses import lifecycle, prescanner, runner
from analyses.models import AllowedTarget, Analysis, FindingInstance
from tests.configure.pages import form_of, text_of
from tests.scene import scans_of, status
from tests.targets.pet_api import BASE, PetApi, specification
from tests.targets.serving import serve

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]
TOKEN = "canary-of-the-bearer"


def test_what_is_uploaded_is_prescanned_scanned_and_published_with_its_coverage(client, alice):
    client.force_login(alice)
    with serve(PetApi(TOKEN)) as site:
        AllowedTarget.objects.create(pattern=site.spot)
        file = SimpleUploadedFile("pets.json", json.dumps(specification(site.url)).encode())
        client.post(reverse("analyses:new"), form_of(client.get(reverse("analyses:new"))) | {
            "name": "Pets", "specifications": file, "then": "save",
        })  # fmt: skip
        analysis = Analysis.objects.get()
        address, key = reverse("analyses:configure", args=[analysis.pk]), f"scan-{analysis.scans.get().pk}"
        sent = form_of(client.get(address)) | {
            f"{key}-sign_in_method": "header", f"{key}-header": "Authorization", f"{key}-secret": f"Bearer {TOKEN}",
            f"{key}-endpoints": ["GET /pets", "POST /pets", "GET /search"], "then": "save",
        }  # fmt: skip
        assert client.post(address, sent).status_code == 302
        occurrence = lifecycle.submit(analysis, alice)
        prescanner.drive(occurrence.pk)
        scan = scans_of(occurrence)[0]
        assert status(scan) == "Queued", scan.cause
        assert scan.prescan_steps.get(name="Specification").outcome == "passed"
        runner.drive(scan.pk)
        assert status(scan) == "Completed - Results Available", scan.cause
        asked = {(asked.method, asked.path.removeprefix(BASE)) for asked in site.asked}
    assert asked <= {("GET", "/pets"), ("POST", "/pets"), ("GET", "/search"), ("GET", ""), ("GET", "/")}
    found = FindingInstance.objects.filter(scan_occurrence=scan, finding__module__in=("sql", "xss"))
    assert {instance.finding.parameter for instance in found} == {"species", "owner.email", "q"}
    assert {instance.verification for instance in found} == {"confirmed"}
    page = client.get(reverse("analyses:scan", args=[analysis.pk, scan.pk]))
    coverage = {f"{each.endpoint.method} {each.endpoint.path}": each for each in page.context["endpoints"]}
    assert coverage["GET /pets"].requested
    assert coverage["DELETE /pets/{petId}"].excluded
    assert TOKEN not in page.content.decode()
    log = client.get(reverse("analyses:engine-log", args=[analysis.pk, scan.pk])).content.decode()
    assert "[*] Launching module xss" in log
    for kept_back in (TOKEN, "data:", '{"', "Evil request", "HTTP/1.1"):  # what a specification has sent may be secret
        assert kept_back not in log
    assert "pets.json at" in text_of(client.get(reverse("analyses:summary", args=[analysis.pk])))

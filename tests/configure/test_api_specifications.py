"""API specifications: read when they are chosen, listed with their endpoints, and never chosen twice."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from analyses import frozen, lifecycle, tasks
from analyses.models import Activity, Analysis, Scan, Specification
from analyses.prescan.contract import Session
from analyses.targets import AllowedNow
from tests.configure.pages import errors_of, form_of, text_of

BASE = "https://api.example.test/v1"


def openapi(*, server: str = BASE, **paths) -> bytes:
    """A small OpenAPI 3 file: two endpoints, or those given by their paths."""
    pets = {
        "/pets": {"get": {"summary": "All pets", "responses": {}}, "post": {"responses": {}}},
        "/pets/{id}": {"delete": {"parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}]}},
    }
    told = {"openapi": "3.0.3", "info": {"title": "Pets", "version": "1"}, "paths": paths or pets}
    return json.dumps(told | ({"servers": [{"url": server}]} if server else {})).encode()


def file(content: bytes | None = None, name: str = "pets.json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, openapi() if content is None else content)


@pytest.fixture
def api(fill, allowed) -> Scan:
    """Alice's analysis of one API."""
    fill(name="Pets", specifications=file())
    return Analysis.objects.get(name="Pets").scans.get()


def _of(scan: Scan, **values):
    return {f"scan-{scan.pk}-{name}": value for name, value in values.items()}


def test_a_chosen_file_becomes_a_scan_of_its_api(api, alice):
    read = api.specification
    assert (api.url, api.title) == (BASE, f"pets.json at {BASE}")
    assert (read.name, read.form, read.title, read.uploaded_by) == ("pets.json", "OpenAPI 3.0", "Pets", alice)
    assert [endpoint["method"] for endpoint in read.endpoints] == ["GET", "POST", "DELETE"]


def test_its_requests_are_stored_encrypted(api):
    with connection.cursor() as cursor:
        cursor.execute("SELECT requests FROM analyses_specification")
        assert "/pets" not in cursor.fetchone()[0]


def test_its_endpoints_are_listed_and_all_chosen(api, as_alice):
    page = as_alice.get(reverse("analyses:configure", args=[api.analysis_id]))
    assert form_of(page)[f"scan-{api.pk}-endpoints"] == ["GET /pets", "POST /pets", "DELETE /pets/{id}"]
    assert "GET /pets: All pets" in text_of(page)


def test_what_makes_no_sense_for_an_api_is_not_asked(api, as_alice):
    sent = form_of(as_alice.get(reverse("analyses:configure", args=[api.analysis_id])))
    assert not {f"scan-{api.pk}-{name}" for name in ("scope", "both_schemes", "allowed_hosts", "crawl_script")} & set(
        sent
    )


def test_endpoints_that_are_not_chosen_are_left_out_of_what_runs(api, fill, alice):
    fill(api.analysis, **_of(api, endpoints=["GET /pets"]))
    api.refresh_from_db()
    assert api.excluded_endpoints == ["POST /pets", "DELETE /pets/{id}"]
    run = lifecycle.submit(api.analysis, alice).scans.get()
    assert [request.endpoint for request in frozen.engine_target(run, Session(), allowed=AllowedNow()).requests] == [
        "GET /pets"
    ]
    assert (
        "endpoints left out: none → POST /pets, DELETE /pets/{id}"
        in Activity.objects.get(action="Configuration changed").cause
    )


def test_what_of_a_file_was_left_out_is_said_in_the_readers_language(fill, allowed, as_alice):
    odd = {"/pets": {"get": {"responses": {}}}, "/a/../b": {"get": {"responses": {}}}}
    fill(name="Pets", specifications=file(openapi(**odd)))
    api = Analysis.objects.get(name="Pets").scans.get()
    page = reverse("analyses:configure", args=[api.analysis_id])
    opened = {"open": api.pk}
    assert "1 endpoint left out: the path leads out of where it stands." in text_of(as_alice.get(page, opened))
    as_alice.cookies["django_language"] = "de"
    german = "1 Endpunkt ausgelassen: der Pfad führt aus seinem Verzeichnis heraus."
    assert german in text_of(as_alice.get(page, opened))
    Specification.objects.update(notes="Left out before <notes> were translated.")
    assert "Left out before &lt;notes&gt; were translated." in as_alice.get(page, opened).content.decode()


RECORDED = {
    "log": {"version": "1.2", "entries": [
        {"request": {"method": method, "url": f"{BASE}/pets", "headers": []}, "response": {"status": 200}}
        for method in ("GET", "POST")
    ]}
}  # fmt: skip
WRITTEN = f"openapi: 3.2.0\nservers: [{{url: '{BASE}'}}]\npaths: {{/pets: {{get: {{}}, query: {{}}}}}}\n"


@pytest.mark.parametrize(
    ("name", "content", "form", "endpoints"),
    [
        ("pets.har", json.dumps(RECORDED), "HAR 1.2", ["GET /v1/pets", "POST /v1/pets"]),
        ("pets.yaml", WRITTEN, "OpenAPI 3.2", ["GET /pets", "QUERY /pets"]),
    ],
)
def test_a_recording_and_yaml_are_listed_and_their_endpoints_can_be_chosen(
    fill, as_alice, allowed, name, content, form, endpoints
):
    fill(name="Pets", specifications=file(content.encode(), name))
    scan = Scan.objects.get()
    address = reverse("analyses:configure", args=[scan.analysis_id])
    page = as_alice.get(address)
    assert f"{name} · {form}" in text_of(page)
    assert form_of(page)[f"scan-{scan.pk}-endpoints"] == endpoints
    as_alice.post(address, form_of(page) | _of(scan, endpoints=endpoints[1:]) | {"then": "save"})
    scan.refresh_from_db()
    assert scan.excluded_endpoints == endpoints[:1]


def test_at_least_one_endpoint_has_to_be_chosen(api, fill):
    page = fill(api.analysis, **_of(api, endpoints=[]))
    assert "Choose at least one endpoint" in errors_of(page)[f"scan-{api.pk}-endpoints"]


def test_an_endpoint_that_is_not_in_it_cannot_be_chosen(api, fill):
    page = fill(api.analysis, **_of(api, endpoints=["GET /admin"]))
    assert "not in the specification" in errors_of(page)[f"scan-{api.pk}-endpoints"]


def test_its_base_url_can_be_another_one(api, fill, alice):
    fill(api.analysis, **_of(api, url="https://staging.example.test/v2/"))
    run = lifecycle.submit(api.analysis, alice).scans.get()
    urls = [request.url for request in frozen.engine_target(run, Session(), allowed=AllowedNow()).requests]
    assert urls[0] == "https://staging.example.test/v2/pets"


def test_without_a_server_the_base_url_is_asked_for_and_the_file_is_kept(fill, as_alice, allowed):
    page = fill(name="Pets", specifications=file(openapi(server="")))
    assert "names no server in full" in errors_of(page)["specifications"]
    assert not Analysis.objects.exists()
    sent = form_of(page) | {"then": "save", "scan-new-1-url": BASE}
    assert as_alice.post(reverse("analyses:new"), sent).status_code == 302
    assert Scan.objects.get().specification.name == "pets.json"


def test_a_page_with_another_error_has_read_it_already(fill, as_alice, allowed):
    page = fill(name="", specifications=file())
    assert errors_of(page) == {"name": "Give the analysis a name."}
    assert "pets.json · OpenAPI 3.0" in text_of(page)
    as_alice.post(reverse("analyses:new"), form_of(page) | {"name": "Pets", "then": "save"})
    assert Scan.objects.get().title == f"pets.json at {BASE}"


def test_added_to_the_list_its_endpoints_can_be_chosen_before_saving(fill, as_alice, allowed):
    page = fill(name="Pets", specifications=file(), then="add")
    opened = as_alice.post(reverse("analyses:new"), form_of(page) | {"open": "new-1"})
    sent = form_of(opened)
    assert sent["scan-new-1-endpoints"] == ["GET /pets", "POST /pets", "DELETE /pets/{id}"]
    as_alice.post(reverse("analyses:new"), sent | {"scan-new-1-endpoints": ["GET /pets"], "then": "save"})
    assert Scan.objects.get().excluded_endpoints == ["POST /pets", "DELETE /pets/{id}"]


def test_what_somebody_else_has_read_cannot_be_taken(fill, as_alice, bob, allowed):
    theirs = Specification.objects.create(
        name="secret.json", form="HAR 1.2", endpoints=[], requests="[]", uploaded_by=bob
    )
    sent = form_of(as_alice.get(reverse("analyses:new"))) | {
        "name": "Mine", "then": "save", "scan": ["new-1"], "scan-new-1-url": BASE,
        "scan-new-1-specification": str(theirs.pk),
    }  # fmt: skip
    page = as_alice.post(reverse("analyses:new"), sent)
    assert "What was read of this specification is gone" in text_of(page)
    assert not Scan.objects.exists()


def test_the_same_base_url_may_be_a_url_and_several_apis(fill, allowed):
    fill(name="Pets", urls=f"{BASE}/", specifications=[file(), file(name="more.json")])
    assert Scan.objects.count() == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "pets.json: "),
        (b"{", "pets.json: "),
        (b"\x89PNG\r\n", "pets.json: "),
        (openapi(**{"/x": {"get": {"parameters": [{"$ref": "http://evil.test/p.json"}]}}}), "pets.json: "),
        (b" " * (5 * 1024**2 + 1), "MiB"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_at_its_place(fill, allowed, content, message):
    page = fill(name="Pets", specifications=file(content))
    assert message in errors_of(page)["specifications"]
    assert not Specification.objects.exists()


def test_a_new_file_replaces_the_old_one_and_keeps_what_was_left_out(api, fill):
    fill(api.analysis, **_of(api, endpoints=["GET /pets", "POST /pets"]))
    more = openapi(**{"/pets/{id}": {"delete": {"responses": {}}}, "/shops": {"get": {"responses": {}}}})
    fill(api.analysis, **_of(api, specification_file=file(more, "v2.json")))
    api.refresh_from_db()
    assert (api.specification.name, api.excluded_endpoints) == ("v2.json", ["DELETE /pets/{id}"])
    assert Specification.objects.get().analysis_id == api.analysis_id  # nothing ran from the old one


def test_what_ran_keeps_its_specification(api, fill, alice):
    run = lifecycle.submit(api.analysis, alice).scans.get()
    lifecycle.stop(api.analysis, alice, keep=False)
    fill(api.analysis, **_of(api, specification_file=file(name="v2.json")))
    run.refresh_from_db()
    assert (run.specification.name, run.title) == ("pets.json", f"pets.json at {BASE}")


def test_a_removed_api_takes_its_specification_with_it(api, fill):
    fill(api.analysis, remove=[str(api.pk)])
    assert not Specification.objects.exists()


def test_what_was_read_and_never_saved_is_forgotten_after_a_day(fill, allowed):
    fill(name="", specifications=file())
    tasks.sweep()
    assert Specification.objects.exists()
    Specification.objects.update(uploaded_at=timezone.now() - timedelta(hours=25))
    tasks.sweep()
    assert not Specification.objects.exists()


def test_scan_details_say_what_came_of_each_endpoint(api, as_alice, alice):
    run = lifecycle.submit(api.analysis, alice).scans.get()
    run.crawled.create(digest="1", method="GET", url=f"{BASE}/pets", response_status=200)
    run.crawled.create(digest="2", method="DELETE", url=f"{BASE}/pets/1", response_status=500)
    page = as_alice.get(reverse("analyses:scan", args=[api.analysis_id, run.pk]))
    covered = {str(each.endpoint.method): (each.requests, each.worst) for each in page.context["endpoints"]}
    assert covered == {"GET": (1, 200), "POST": (0, None), "DELETE": (1, 500)}
    assert "pets.json at" in text_of(page)


COLLECTION = json.dumps(
    {
        "info": {"name": "Pets", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
        "item": [{"name": "All", "request": {"method": "GET", "url": f"{BASE}/pets?api_key=stored-secret"}}],
    }
).encode()


def test_what_was_recorded_is_not_sent_to_somebody_else(fill, allowed):
    fill(name="Pets", specifications=file(COLLECTION, "pets.postman.json"))
    scan = Scan.objects.get()
    page = fill(scan.analysis, **_of(scan, url="https://evil.example.test/v1"))
    assert "choose the file again" in errors_of(page)[f"scan-{scan.pk}-specification_file"]
    again = file(COLLECTION, "pets.postman.json")
    assert (
        fill(scan.analysis, **_of(scan, url="https://evil.example.test/v1", specification_file=again)).status_code
        == 302
    )


def test_one_upload_makes_one_scan(fill, as_alice, allowed):
    page = fill(name="Pets", specifications=file(), then="add")
    sent = form_of(page)
    draft = sent["scan-new-1-specification"]
    twice = {"scan": ["new-1", "new-2"], "scan-new-2-url": BASE, "scan-new-2-specification": draft, "then": "save"}
    page = as_alice.post(reverse("analyses:new"), sent | twice)
    assert "already in the list" in text_of(page)


def test_a_url_beside_an_api_of_the_same_address_is_added_to_the_list(fill, as_alice, allowed):
    page = fill(name="Pets", specifications=file(), then="add")
    page = as_alice.post(reverse("analyses:new"), form_of(page) | {"urls": BASE, "then": "add"})
    assert form_of(page)["scan"] == ["new-1", "new-2"]


def test_a_long_list_of_endpoints_is_shown_when_it_is_looked_at(fill, as_alice, allowed):
    many = openapi(**{f"/p{number}": {"get": {"responses": {}}} for number in range(300)})
    fill(name="Pets", specifications=file(many))
    scan = Scan.objects.get()
    address = reverse("analyses:configure", args=[scan.analysis_id])
    assert f"scan-{scan.pk}-endpoints" not in form_of(as_alice.get(address))
    opened = as_alice.post(address, form_of(as_alice.get(address)) | {"open": str(scan.pk)})
    assert len(form_of(opened)[f"scan-{scan.pk}-endpoints"]) == 300
    part = as_alice.get(address, {"scan": scan.pk}, headers={"HX-Request": "true"})
    assert "GET /p299" in part.content.decode()


def test_one_request_reads_ten_files_in_all(api, fill):
    chosen = [file(name=f"{number}.json") for number in range(10)]
    page = fill(api.analysis, specifications=chosen, **_of(api, specification_file=file()))
    assert "At most 10 specifications are read at once" in errors_of(page)["specifications"]
    assert Specification.objects.filter(analysis=None).count() == 10


def test_a_person_has_fifty_that_are_not_saved_and_the_oldest_are_forgotten_first(fill, alice, bob, allowed):
    read = [Specification(name=str(n), uploaded_by=who, endpoints=[]) for who in (bob, alice) for n in range(60)]
    Specification.objects.bulk_create(read)
    fill(then="add", specifications=file())
    assert Specification.objects.filter(uploaded_by=bob).count() == 60
    mine = Specification.objects.filter(uploaded_by=alice).order_by("pk").values_list("name", flat=True)
    assert list(mine) == [*map(str, range(11, 60)), "pets.json"]


def test_a_save_that_comes_too_late_has_read_its_files_once(api, fill, as_alice):
    address = reverse("analyses:configure", args=[api.analysis_id])
    sent = form_of(as_alice.get(address)) | {"then": "save"}
    fill(api.analysis, name="Somebody else's")
    page = as_alice.post(address, sent | {"name": "Mine", "specifications": file(name="late.json")})
    assert "Somebody else has saved this analysis meanwhile" in text_of(page)
    assert Specification.objects.filter(name="late.json").count() == 1
    assert as_alice.post(address, form_of(page) | {"then": "save"}).status_code == 302
    assert api.analysis.scans.count() == 2

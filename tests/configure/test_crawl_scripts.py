"""Crawl scripts: chosen as a file, read at once, kept encrypted, and never sent back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from analyses import lifecycle
from analyses.forms.secrets import CHOOSE_AGAIN, FOR_ANOTHER
from analyses.models import Activity, Analysis, Scan
from tests.configure.pages import errors_of, form_of, text_of
from tests.prescan.scripts import side

TYPED = "n3w-pa55word"
GOOD = side(("open", "/"), ("type", "id=password", TYPED))
STORED = side(("open", "/"), ("type", "id=password", "stored-secret"))


def file(content: str | bytes = GOOD, name: str = "login.side") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


@pytest.fixture
def scan(shop) -> Scan:
    """One without a sign-in and without a script."""
    return shop.scans.get(sign_in_method="none")


@pytest.fixture
def scripted(scan) -> Scan:
    """The same with a script."""
    scan.crawl_script, scan.crawl_script_name = STORED, "old.side"
    scan.save()
    return scan


def _chosen(scan, **values):
    return {f"scan-{scan.pk}-{name}": value for name, value in values.items()}


def test_a_script_is_stored_encrypted_with_its_name(fill, shop, scan):
    assert fill(shop, **_chosen(scan, crawl_script=file())).status_code == 302
    scan.refresh_from_db()
    assert (scan.crawl_script, scan.crawl_script_name) == (GOOD, "login.side")
    with connection.cursor() as cursor:
        cursor.execute("SELECT crawl_script FROM analyses_scan WHERE id = %s", [scan.pk])
        assert TYPED not in cursor.fetchone()[0]
    assert Activity.objects.get().cause == "https://shop.example.test/: crawl script: added (login.side)"


def test_a_new_url_can_have_one_at_once(fill, allowed):
    typed = {"scan": ["new-1"], "scan-new-1-url": "https://a.example.test/", "scan-new-1-scope": "folder"}
    typed["scan-new-1-speed"] = "normal"
    fill(name="New", **typed, **{"scan-new-1-sign_in_method": "none", "scan-new-1-crawl_script": file()})
    scan = Analysis.objects.get(name="New").scans.get()
    assert (scan.crawl_script, scan.crawl_script_name) == (GOOD, "login.side")


def test_the_page_can_send_a_file_and_never_shows_what_is_in_the_stored_one(as_alice, shop, scripted):
    page = as_alice.get(reverse("analyses:configure", args=[shop.pk]))
    html = page.content.decode()
    assert 'enctype="multipart/form-data"' in html
    assert f'type="file" name="scan-{scripted.pk}-crawl_script"' in html
    assert "Stored: old.side. Leave empty to keep it" in text_of(page)
    assert "stored-secret" not in html


def test_left_empty_it_is_kept(fill, shop, scripted):
    fill(shop, **_chosen(scripted, user_agent="Mine/1"))
    scripted.refresh_from_db()
    assert (scripted.user_agent, scripted.crawl_script) == ("Mine/1", STORED)
    assert "crawl script" not in Activity.objects.get().cause


def test_another_one_replaces_it_and_the_log_says_its_name_only(fill, shop, scripted):
    fill(shop, **_chosen(scripted, crawl_script=file(name="new.side")))
    scripted.refresh_from_db()
    assert (scripted.crawl_script, scripted.crawl_script_name) == (GOOD, "new.side")
    assert Activity.objects.get().cause == "https://shop.example.test/: crawl script: changed (new.side)"


def test_it_can_be_removed(fill, shop, scripted):
    fill(shop, **_chosen(scripted, remove_crawl_script="on"))
    scripted.refresh_from_db()
    assert (scripted.crawl_script, scripted.crawl_script_name) == ("", "")
    assert Activity.objects.get().cause == "https://shop.example.test/: crawl script: removed (old.side)"


def test_a_new_one_is_stored_even_if_the_old_one_is_to_be_removed(fill, shop, scripted):
    fill(shop, **_chosen(scripted, crawl_script=file(), remove_crawl_script="on"))
    scripted.refresh_from_db()
    assert scripted.crawl_script == GOOD


def test_removing_what_is_not_there_changes_nothing(fill, shop, scan):
    fill(shop, **_chosen(scan, remove_crawl_script="on"))
    assert not Activity.objects.exists()


WRONG = [
    (b"", "cannot be read as JSON"),
    (b"\xff\xfe\x00", "cannot be read as JSON"),
    (b"[" * 100_000, "cannot be read as JSON"),
    (b"{}", "there are no tests in it"),
    (b" " * 300_000, "larger than 256 KiB"),
    (side(), "The script has no steps."),
    (side(("open", "/"), ("executeScript", f"x('{'secret' * 3}')")), "“Login”, step 2 (executeScript"),
    (side(("open", "file:///etc/passwd")), "only web addresses can be opened"),
    (side(("type", "id=x", TYPED + "${x}")), "variables are not supported"),
]


@pytest.mark.parametrize(("content", "message"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_with_it_is_said_at_its_place(fill, shop, scripted, content, message):
    page = fill(shop, **_chosen(scripted, crawl_script=file(content)))
    assert message in errors_of(page)[f"scan-{scripted.pk}-crawl_script"]
    assert message in text_of(page)
    assert TYPED not in page.content.decode()
    scripted.refresh_from_db()
    assert scripted.crawl_script == STORED


def test_a_page_with_another_error_asks_for_the_file_again(fill, shop, scan):
    page = fill(shop, name="", **_chosen(scan, crawl_script=file()))
    assert errors_of(page)[f"scan-{scan.pk}-crawl_script"] == CHOOSE_AGAIN
    assert TYPED not in page.content.decode()
    scan.refresh_from_db()
    assert scan.crawl_script == ""


def test_so_does_adding_to_the_list(fill, shop, scan):
    page = fill(shop, then="add", urls="https://b.example.test/", **_chosen(scan, crawl_script=file()))
    assert errors_of(page)[f"scan-{scan.pk}-crawl_script"] == CHOOSE_AGAIN


def test_a_stale_page_shows_the_names_and_asks_for_the_file_again(fill, as_alice, shop, scripted):
    sent = form_of(as_alice.get(reverse("analyses:configure", args=[shop.pk])))
    fill(shop, description="Saved meanwhile")
    page = as_alice.post(
        reverse("analyses:configure", args=[shop.pk]),
        sent | {"then": "save"} | _chosen(scripted, crawl_script=file(name="mine.side")),
    )
    assert "crawl script" in text_of(page)
    assert "changed (mine.side)" in text_of(page)
    assert errors_of(page)[f"scan-{scripted.pk}-crawl_script"] == CHOOSE_AGAIN


@pytest.mark.parametrize("url", ["https://evil.example.test/", "http://shop.example.test/"])
def test_a_kept_script_is_not_played_before_somebody_else(fill, shop, scripted, url):
    page = fill(shop, **_chosen(scripted, url=url))
    assert errors_of(page)[f"scan-{scripted.pk}-crawl_script"] == FOR_ANOTHER
    assert fill(shop, **_chosen(scripted, url=url, remove_crawl_script="on")).status_code == 302


def test_another_page_of_the_same_host_keeps_it(fill, shop, scripted):
    assert fill(shop, **_chosen(scripted, url="https://shop.example.test/deep/")).status_code == 302


def test_odd_names_are_kept_in_one_short_line(fill, shop, scan):
    fill(shop, **_chosen(scan, crawl_script=file(name="a\u202e" + "x" * 300 + ".side")))
    scan.refresh_from_db()
    assert scan.crawl_script_name.isprintable()
    assert len(scan.crawl_script_name) <= 200


def test_a_run_gets_a_copy_that_is_erased_when_its_scan_has_ended(shop, scripted, alice):
    occurrence = lifecycle.submit(shop, alice)
    copy = occurrence.scans.get(scan=scripted)
    assert copy.crawl_script == STORED
    lifecycle.stop(shop, alice, keep=False)
    copy.refresh_from_db()
    assert copy.crawl_script == ""
    scripted.refresh_from_db()
    assert scripted.crawl_script == STORED


def test_administrators_see_whether_one_is_stored(client, admin_user, shop, scripted, alice):
    client.force_login(admin_user)
    copy = lifecycle.submit(shop, alice).scans.get(scan=scripted)
    for name, thing in (("scan", scripted), ("scanoccurrence", copy)):
        html = client.get(reverse(f"admin:analyses_{name}_change", args=[thing.pk])).content.decode()
        assert "crawl script" in html
        assert "stored-secret" not in html
        assert "gAAAA" not in html


def test_a_form_with_many_new_urls_is_sent_with_its_empty_files(as_alice, allowed):
    """A browser sends an empty part for every file that was not chosen; Django takes 100 files at most."""
    address = reverse("analyses:new")
    urls = "\n".join(f"https://h{number}.example.test/" for number in range(110))
    page = as_alice.post(address, form_of(as_alice.get(address)) | {"then": ["add"], "urls": [urls]})
    parts = []
    for name, values in (form_of(page) | {"name": ["Many"], "then": ["save"]}).items():
        empty = '; filename=""\r\nContent-Type: application/octet-stream' if name.endswith("-crawl_script") else ""
        head = f'--xxBOUNDARYxx\r\nContent-Disposition: form-data; name="{name}"{empty}\r\n\r\n'
        parts += [f"{head}{value}\r\n" for value in values]
    body = f"{''.join(parts)}--xxBOUNDARYxx--\r\n"
    response = as_alice.post(address, body, content_type="multipart/form-data; boundary=xxBOUNDARYxx")
    assert response.status_code == 302, errors_of(response)
    assert Analysis.objects.get().scans.count() == 110

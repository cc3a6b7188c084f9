"""The name by which a browser says it asks for us is not believed: neither by a page, nor by a mail."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from analyses.models import Analysis
from notifications.models import OutgoingMail
from tests.security.routes import addresses, routes

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
EVIL = "evil.test"
OURS = "127.0.0.1:8000"
FORGED = [
    EVIL,
    f"{EVIL}:80",
    f"127.0.0.1.{EVIL}",
    f"127.0.0.1@{EVIL}",
    f"{OURS}/{EVIL}",
    f"{OURS},{EVIL}",
    "[::1]",
    "",
    "*",
]
AROUND = {
    "X-Forwarded-Host": EVIL, "X-Host": EVIL, "X-Forwarded-Server": EVIL, "Forwarded": f"host={EVIL}",
    "X-Original-Host": EVIL, "X-Rewrite-URL": f"http://{EVIL}/", "X-Original-URL": "/admin/",
    "X-Forwarded-Proto": "https", "X-Forwarded-Port": "81", "X-Forwarded-For": EVIL,
}  # fmt: skip


@pytest.mark.parametrize("who", ["signed in", "not signed in"])
def test_no_route_answers_under_another_name(world, as_root, who):
    client, wrong = as_root if who == "signed in" else Client(), {}
    for number, route in enumerate(routes()):
        host = FORGED[number % len(FORGED)]
        for address in addresses(route, world, 1):
            answer = client.get(address, headers={"Host": host})
            if answer.status_code != 400 or EVIL.encode() in answer.getvalue():
                wrong[address] = (host, answer.status_code)
    assert wrong == {}


@pytest.mark.parametrize("host", FORGED)
def test_no_name_but_ours_is_taken(client, db, host):
    assert client.get(reverse("sign-in"), headers={"Host": host}).status_code == 400
    assert client.get(reverse("sign-in"), headers={"Host": OURS}).status_code == 200


def test_what_a_proxy_may_say_of_the_name_is_not_listened_to(world, as_root):
    wrong = []
    for route in routes():
        for address in addresses(route, world, 1):
            answer = as_root.get(address, headers={"Host": OURS, **AROUND})
            if EVIL in f"{answer.headers}" or EVIL.encode() in answer.getvalue():
                wrong.append(address)
    assert wrong == []


def test_links_of_mails_are_those_of_the_settings(world, as_root, settings):
    """Also when what they tell of was asked for under another name."""
    analysis = Analysis.objects.get(name="Held")
    told = OutgoingMail.objects.count()
    publish = reverse("analyses:action", args=[analysis.pk, "publish"])
    as_root.post(publish, headers={"Host": OURS, **AROUND})
    assert OutgoingMail.objects.count() > told
    for mail in OutgoingMail.objects.all():
        links = set(re.findall(r"https?://[^\s\"'<>]*", f"{mail.text} {mail.html}"))
        elsewhere = {
            link for link in links if not f"{link}/".startswith(f"{settings.SITE_URL}/") and ".test" not in link
        }
        assert elsewhere - {"http://www.w3.org/1999/xhtml"} == set()
        assert f"{settings.SITE_URL}/" in mail.text
        assert EVIL not in mail.text + mail.html


def test_links_of_exports_are_those_of_the_settings(world, as_root, settings):
    for form in ("csv", "json", "sarif"):
        address = reverse("analyses:export", args=[world.compared.pk, form])
        text = as_root.get(address, headers={"Host": OURS, **AROUND}).getvalue().decode()
        assert f"{settings.SITE_URL}/analyses/" in text
        assert EVIL not in text

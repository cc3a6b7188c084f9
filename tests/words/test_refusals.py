"""What is refused is kept in English, and said in the reader's language."""

import json

import pytest
from allauth.account.forms import ChangePasswordForm
from django.utils import translation
from django.utils.translation import gettext

from analyses.filters import AnalysisFilter
from analyses.prescan.certificates import CertificateError, read_pkcs12
from analyses.prescan.side import MOST_COMMANDS, ScriptError, parse
from analyses.said import Count, packed, said, translated, unpacked
from analyses.specifications import SpecificationError, read
from analyses.targets import refusal
from tests.words.pseudo import CLOSE, OPEN, spoken


def test_a_refused_address_is_english_where_it_is_kept_and_translated_where_it_is_shown():
    said = "shop.example.com is not among the allowed targets. An administrator can add it."
    with spoken():
        reason = refusal("https://shop.example.com/", [])
        assert str(reason) == said
        assert translated(reason) == f"{OPEN}{said}{CLOSE}"


def test_what_another_process_refuses_is_translated_here():
    with spoken(), pytest.raises(SpecificationError) as refused:
        read(b"[]", "api.json")
    with spoken():
        assert translated(refused.value).startswith(
            f"{OPEN}This file cannot be read: {OPEN}it holds no mapping{CLOSE}. "
        )
    assert str(refused.value).startswith("This file cannot be read: it holds no mapping. ")


def script(*commands: dict[str, str]) -> bytes:
    return json.dumps({"url": "http://a.test/", "tests": [{"name": "Bob", "commands": commands}]}).encode()


OPENED = {"command": "open", "target": "ftp://a.test/"}
TYPED = {"command": "sendKeys", "target": "id=a", "value": "${KEY_X}"}
URL = "⟦The address of the script (its “url”) cannot be used: ⟦The address names no host.⟧⟧"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"[]", "⟦This is not a Selenium IDE project (.side): there are no tests in it.⟧"),
        (script(), "⟦The script has no steps.⟧"),
        (script(*[{"command": ""}] * (MOST_COMMANDS + 1)), "⟦The script has more than 300 steps.⟧"),
        (script(OPENED), "⟦⟦“Bob”, step 1 (open ftp://a.test/)⟧: ⟦only web addresses can be opened⟧.⟧"),
        (script(TYPED), "⟦⟦“Bob”, step 1 (sendKeys id=a)⟧: ⟦the key KEY_X is not known⟧.⟧"),
        (b'{"url": "http://", "tests": []}', URL),
    ],
)
def test_a_refused_script_too(data, shown):
    with pytest.raises(ScriptError) as refused:
        parse(data)
    assert str(refused.value) == shown.replace(OPEN, "").replace(CLOSE, "")
    with spoken():
        assert translated(refused.value) == shown


def test_a_refused_certificate_too_which_is_read_by_another_process():
    with pytest.raises(CertificateError) as refused:
        read_pkcs12(b"no certificate", "x")
    assert str(refused.value) == "This is not a PKCS#12 file (.p12 or .pfx)."
    with translation.override("de"):
        assert translated(refused.value) == "Das ist keine PKCS#12-Datei (.p12 oder .pfx)."


def test_numbers_are_grouped_as_their_reader_writes_them():
    kept = said("at most %(most)s of port %(port)s", most=Count(2000), port=8080)
    assert kept == "at most 2,000 of port 8080"
    with translation.override("de"):
        assert translated(unpacked(json.loads(json.dumps(packed(kept))))) == "at most 2.000 of port 8080"


def test_german_says_none_of_each_gender_and_sie_where_allauth_says_du(alice):
    with translation.override("de"):
        choices = dict(AnalysisFilter.base_filters["repeats"].extra["choices"])
        assert (str(choices["no"]), gettext("None")) == ("Keiner", "Keine")
        sent = {"oldpassword": "x", "password1": "a-long-password-1", "password2": "another"}
        assert "Geben Sie beide Male dasselbe Passwort ein." in str(ChangePasswordForm(alice, sent).errors)

"""The names of statuses are a contract in English. In another language each has one name, beside the English one."""

import pytest
from django.utils import translation
from django.utils.html import escape

from analyses.statuses import AnalysisStatus, ScanStatus, logged

LANGUAGES = ("de",)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("statuses", [AnalysisStatus, ScanStatus])
def test_every_status_has_one_name_of_its_own(statuses, language):
    with translation.override(language):
        names = [str(status.label) for status in statuses]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_status_of_scans_that_is_named_as_one_of_analyses_is_so_in_every_language(language):
    def named() -> dict[str, str]:
        both = [*AnalysisStatus, *ScanStatus]
        with translation.override(language):
            labels = [str(status.label) for status in both]
        return {(logged(status), label) for status, label in zip(both, labels, strict=True)}

    assert len({english for english, _ in named()}) == len(named())


@pytest.mark.django_db
def test_the_reference_names_them_in_english_too(client, alice):
    client.force_login(alice)
    said = f'lang="en" translate="no">{escape(logged(ScanStatus.LOCKOUT_VERIFYING))}</span>'
    client.cookies["django_language"] = "en"
    assert said not in client.get("/statuses/").content.decode()
    client.cookies["django_language"] = "de"
    page = client.get("/statuses/").content.decode()
    assert [status for status in [*AnalysisStatus, *ScanStatus] if escape(logged(status)) not in page] == []
    assert said in page

"""What every kind of finding says about itself, and where it leads to."""

from urllib.parse import urlsplit

import pytest

from analyses.models import Finding
from analyses.references import TOP_10, references_of, test_of, top_10_of
from analyses.remediation import REMEDIES, UNKNOWN, remedy_for

test_of.__test__ = False  # ours, and no test

# The engine's own names of what it finds, and the codes of the tests it gives with them.
ENGINES_CATEGORIES = [
    "Backup file", "Blind SQL Injection", "CRLF Injection", "CVE-2024-55591", "Cleartext Submission of Password",
    "Clickjacking Protection", "Command execution", "Content Security Policy Configuration",
    "Cross Site Request Forgery", "Fingerprint web application framework", "Fingerprint web server",
    "Fingerprint web technology", "HTML Injection", "HTTP Methods", "HTTP Strict Transport Security (HSTS)",
    "Htaccess Bypass", "HttpOnly Flag cookie", "Inconsistent Redirection", "Information Disclosure - Full Path",
    "Internal Server Error", "LDAP Injection", "Log4Shell", "MIME Type Confusion", "NS takeover", "Open Redirect",
    "Path Traversal", "Potentially dangerous file", "Reflected Cross Site Scripting", "Resource consumption",
    "Review Webserver Metafiles for Information Leakage", "SQL Injection", "Secure Flag cookie",
    "Server Side Request Forgery", "Spring4Shell", "Stack Trace Disclosure", "Stored Cross Site Scripting",
    "Stored HTML Injection", "Subdomain takeover", "TLS/SSL misconfigurations", "Unencrypted Channels",
    "Unrestricted File Upload", "Vulnerable software", "Weak credentials", "XML External Entity", "XPATH Injection",
]  # fmt: skip
ENGINES_TESTS = [
    "WSTG-ATHN-04", "WSTG-ATHN-07", "WSTG-ATHZ-01", "WSTG-BUSL-08", "WSTG-CLNT-03", "WSTG-CLNT-04", "WSTG-CLNT-09",
    "WSTG-CONF-01", "WSTG-CONF-04", "WSTG-CONF-06", "WSTG-CONF-07", "WSTG-CONF-10", "WSTG-CONF-12", "WSTG-CRYP-01",
    "WSTG-CRYP-03", "WSTG-ERRH-01", "WSTG-ERRH-02", "WSTG-INFO-02", "WSTG-INFO-03", "WSTG-INFO-05", "WSTG-INFO-08",
    "WSTG-INPV-01", "WSTG-INPV-02", "WSTG-INPV-05", "WSTG-INPV-06", "WSTG-INPV-07", "WSTG-INPV-09", "WSTG-INPV-11",
    "WSTG-INPV-12", "WSTG-INPV-15", "WSTG-INPV-19", "WSTG-SESS-02", "WSTG-SESS-05",
]  # fmt: skip


@pytest.mark.parametrize("category", ENGINES_CATEGORIES)
def test_everything_the_engine_finds_has_advice(category):
    assert remedy_for(category) is not UNKNOWN


def test_what_is_not_known_has_general_advice():
    assert remedy_for("Something new") is UNKNOWN


@pytest.mark.parametrize("code", ENGINES_TESTS)
def test_every_test_the_engine_names_has_a_page(code):
    url = urlsplit(test_of(code).url)
    assert (url.scheme, url.hostname) == ("https", "owasp.org")
    assert f"/{code[-2:]}-" in url.path


@pytest.mark.parametrize("code", ["OSHP-Content-Security-Policy", "WSTG-XXXX-99", "<script>", "javascript:alert(1)"])
def test_a_code_without_a_page_is_text(code):
    assert (test_of(code).label, test_of(code).url) == (code, "")


def test_a_finding_leads_to_its_weakness_its_category_and_its_tests():
    finding = Finding(category="SQL Injection", wstg="WSTG-INPV-05, OSHP-X")
    assert [reference.label for reference in references_of(finding)] == [
        "CWE-89",
        "OWASP A03:2021 Injection",
        "WSTG-INPV-05",
        "OSHP-X",
    ]


def test_a_weakness_is_in_one_category_at_most_and_none_is_there_for_nothing():
    named = [cwe for _, weaknesses in TOP_10.values() for cwe in weaknesses]
    assert len(named) == len(set(named))
    assert set(named) <= {remedy.cwe for remedy in REMEDIES.values()}
    assert top_10_of(1395) is None

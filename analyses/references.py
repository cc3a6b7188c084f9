"""Where to read on about a finding: its CWE, its OWASP Top 10 category, its tests in OWASP's testing guide.

Sources: the numbers of weaknesses are MITRE's Common Weakness Enumeration (cwe.mitre.org). Which of them belong to
which category is said by the lists of "Mapped CWEs" in the OWASP Top 10:2021 (owasp.org/Top10); a weakness that no
list names has no category here either. The tests' pages are those of the Web Security Testing Guide 4.2, and of its
latest version where a test is newer (owasp.org/www-project-web-security-testing-guide).
"""

from dataclasses import dataclass

from analyses.models import Finding
from analyses.remediation import remedy_for

TOP_10 = {
    "A01_2021-Broken_Access_Control": ("A01:2021 Broken Access Control", {22, 200, 352, 538, 601}),
    "A02_2021-Cryptographic_Failures": ("A02:2021 Cryptographic Failures", {319, 326, 523}),
    "A03_2021-Injection": ("A03:2021 Injection", {78, 79, 89, 90, 93, 94, 643, 917}),
    "A04_2021-Insecure_Design": ("A04:2021 Insecure Design", {209, 434, 650, 1021}),
    "A05_2021-Security_Misconfiguration": ("A05:2021 Security Misconfiguration", {611, 614, 1004}),
    "A07_2021-Identification_and_Authentication_Failures": (
        "A07:2021 Identification and Authentication Failures",
        {288, 521},
    ),
    "A10_2021-Server-Side_Request_Forgery_%28SSRF%29": ("A10:2021 Server-Side Request Forgery", {918}),
}

_GUIDE = "https://owasp.org/www-project-web-security-testing-guide/{}/4-Web_Application_Security_Testing/{}"
_CHAPTERS = {
    "INFO": "01-Information_Gathering",
    "CONF": "02-Configuration_and_Deployment_Management_Testing",
    "ATHN": "04-Authentication_Testing",
    "ATHZ": "05-Authorization_Testing",
    "SESS": "06-Session_Management_Testing",
    "INPV": "07-Input_Validation_Testing",
    "ERRH": "08-Testing_for_Error_Handling",
    "CRYP": "09-Testing_for_Weak_Cryptography",
    "BUSL": "10-Business_Logic_Testing",
    "CLNT": "11-Client-side_Testing",
}
_TESTS = {
    "INFO-02": "Fingerprint_Web_Server",
    "INFO-03": "Review_Webserver_Metafiles_for_Information_Leakage",
    "INFO-05": "Review_Webpage_Content_for_Information_Leakage",
    "INFO-08": "Fingerprint_Web_Application_Framework",
    "CONF-01": "Test_Network_Infrastructure_Configuration",
    "CONF-04": "Review_Old_Backup_and_Unreferenced_Files_for_Sensitive_Information",
    "CONF-06": "Test_HTTP_Methods",
    "CONF-07": "Test_HTTP_Strict_Transport_Security",
    "CONF-10": "Test_for_Subdomain_Takeover",
    "CONF-12": "Test_for_Content_Security_Policy",
    "ATHN-04": "Testing_for_Bypassing_Authentication_Schema",
    "ATHN-07": "Testing_for_Weak_Password_Policy",
    "ATHZ-01": "Testing_Directory_Traversal_File_Include",
    "SESS-02": "Testing_for_Cookies_Attributes",
    "SESS-05": "Testing_for_Cross_Site_Request_Forgery",
    "INPV-01": "Testing_for_Reflected_Cross_Site_Scripting",
    "INPV-02": "Testing_for_Stored_Cross_Site_Scripting",
    "INPV-05": "Testing_for_SQL_Injection",
    "INPV-06": "Testing_for_LDAP_Injection",
    "INPV-07": "Testing_for_XML_Injection",
    "INPV-09": "Testing_for_XPath_Injection",
    "INPV-11": "Testing_for_Code_Injection",
    "INPV-12": "Testing_for_Command_Injection",
    "INPV-15": "Testing_for_HTTP_Splitting_Smuggling",
    "INPV-19": "Testing_for_Server-Side_Request_Forgery",
    "ERRH-01": "Testing_For_Improper_Error_Handling",
    "ERRH-02": "Testing_for_Stack_Traces",
    "CRYP-01": "Testing_for_Weak_Transport_Layer_Security",
    "CRYP-03": "Testing_for_Sensitive_Information_Sent_via_Unencrypted_Channels",
    "BUSL-08": "Test_Upload_of_Unexpected_File_Types",
    "CLNT-03": "Testing_for_HTML_Injection",
    "CLNT-04": "Testing_for_Client-side_URL_Redirect",
    "CLNT-09": "Testing_for_Clickjacking",
}
_SINCE_4_2 = {"CONF-12"}


@dataclass(frozen=True)
class Reference:
    """A name, and the page about it; an empty address where there is none that is known."""

    label: str
    url: str = ""


def references_of(finding: Finding) -> list[Reference]:
    """What there is to read about a finding: weakness, category, tests, in this order."""
    found = []
    cwe = remedy_for(finding.category).cwe
    if cwe:
        found.append(Reference(f"CWE-{cwe}", f"https://cwe.mitre.org/data/definitions/{cwe}.html"))
        if category := top_10_of(cwe):
            found.append(category)
    return found + [test_of(code.strip()) for code in finding.wstg.split(",") if code.strip()]


def top_10_of(cwe: int) -> Reference | None:
    """The category of the OWASP Top 10 that names a weakness."""
    for page, (label, weaknesses) in TOP_10.items():
        if cwe in weaknesses:
            return Reference(f"OWASP {label}", f"https://owasp.org/Top10/{page}/")
    return None


def test_of(code: str) -> Reference:
    """The page of a test, by its code as the engine names it: WSTG-INPV-05. Codes are hostile text."""
    short = code.removeprefix("WSTG-")
    if code == short or short not in _TESTS:
        return Reference(code)
    chapter, _, number = short.partition("-")
    version = "latest" if short in _SINCE_4_2 else "v42"
    return Reference(code, _GUIDE.format(version, f"{_CHAPTERS[chapter]}/{number}-{_TESTS[short]}"))

"""What to do about a category of findings, in plain words. Categories are the engine's own names."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Remedy:
    """What a flaw lets an attacker do, how to mend it, and its number in the Common Weakness Enumeration."""

    risk: Promise
    advice: Promise
    cwe: int | None = None


UNKNOWN = Remedy(_("The engine reported behaviour that may help an attacker."), _("Read the evidence and judge it."))

_TELLS = (
    _("The site tells which software it runs, so known flaws of it are quickly tried."),
    _("Keep the software up to date; leave versions out of headers and pages."),
    200,
)

REMEDIES: dict[str, Remedy] = {
    "SQL Injection": Remedy(
        _("Input becomes part of a database query: an attacker can read or change data."),
        _(
            "Pass values as bound parameters, never by building the query as text. Give the database user no more rights than it needs."
        ),
        89,
    ),
    "Blind SQL Injection": Remedy(
        _("Input becomes part of a database query: an attacker can read data bit by bit."),
        _("Pass values as bound parameters, never by building the query as text."),
        89,
    ),
    "Reflected Cross Site Scripting": Remedy(
        _("Input comes back as part of the page: a prepared link runs an attacker's script in the visitor's browser."),
        _(
            "Escape every value for the place it is written to (text, attribute, script, address). Add a Content-Security-Policy as a second line."
        ),
        79,
    ),
    "Stored Cross Site Scripting": Remedy(
        _("Stored input is shown to others as part of the page: an attacker's script runs for every visitor."),
        _(
            "Escape values when they are shown, whatever was checked when they were stored. Add a Content-Security-Policy as a second line."
        ),
        79,
    ),
    "HTML Injection": Remedy(
        _("Input comes back as markup: an attacker can change what the page shows."),
        _("Escape every value that is written into the page."),
        79,
    ),
    "Command execution": Remedy(
        _("Input reaches a command of the operating system: an attacker can run programs on the server."),
        _(
            "Use a library instead of a shell; where a program must be run, pass an argument list and allow only known values."
        ),
        78,
    ),
    "Path Traversal": Remedy(
        _("Input chooses a file: an attacker can read files of the server."),
        _("Let input select from known names only; resolve the path and check that it stays in its folder."),
        22,
    ),
    "Open Redirect": Remedy(
        _("Input chooses where the visitor is sent: a link to your site leads to an attacker's."),
        _("Redirect to known local addresses only."),
        601,
    ),
    "CRLF Injection": Remedy(
        _("Input reaches a response header: an attacker can add headers or split the response."),
        _("Refuse line breaks in values that are written into headers."),
        93,
    ),
    "Cross Site Request Forgery": Remedy(
        _("A form is accepted from other sites: an attacker can act in a signed-in visitor's name."),
        _(
            "Add an unpredictable token to every form that changes something and check it; set SameSite on the session cookie."
        ),
        352,
    ),
    "Content Security Policy Configuration": Remedy(
        _("The browser is not told where scripts may come from, so an injected script runs."),
        _(
            "Send a Content-Security-Policy header that allows scripts from your own origin only, without unsafe-inline."
        ),
        693,
    ),
    "HTTP Secure Headers": Remedy(
        _("Headers that make the browser protect the visitor are missing."),
        _(
            "Send X-Content-Type-Options: nosniff, X-Frame-Options or frame-ancestors, and on HTTPS Strict-Transport-Security."
        ),
        693,
    ),
    "HttpOnly Flag cookie": Remedy(
        _("Scripts can read the cookie: an injected script can steal the session."),
        _("Set HttpOnly on every cookie that no script of yours has to read."),
        1004,
    ),
    "Secure Flag cookie": Remedy(
        _("The cookie is also sent unencrypted, where others can read it."),
        _("Serve the site over HTTPS and set Secure on every cookie."),
        614,
    ),
    "Potentially dangerous file": Remedy(
        _("A file that is known to be risky can be fetched."),
        _("Remove the file from the server, or keep it from being served."),
        538,
    ),
    "Backup file": Remedy(
        _("A copy of a file can be fetched and may show source code or passwords."),
        _("Remove copies from the folders that are served."),
        530,
    ),
    "Htaccess Bypass": Remedy(
        _("A protected address answers to an unusual request method."),
        _("Protect the address for every method, not for GET and POST only."),
        288,
    ),
    "HTTP Methods": Remedy(
        _("The server accepts methods it may not need."),
        _("Allow only the methods the application uses."),
        650,
    ),
    "XML External Entity": Remedy(
        _("XML input can name files and addresses the server then reads."),
        _("Switch off external entities and document types in the XML parser."),
        611,
    ),
    "Server Side Request Forgery": Remedy(
        _("Input chooses an address the server connects to."),
        _("Allow known destinations only, and check the resolved address."),
        918,
    ),
    "Unencrypted Channels": Remedy(
        _("Pages travel unencrypted: others on the way can read and change them."),
        _("Serve the site over HTTPS only and redirect HTTP to it."),
        319,
    ),
    "Internal Server Error": Remedy(
        _("A request makes the server fail: unusual input is not handled."),
        _("Find the error in the server's log and handle the input."),
        248,
    ),
    "Resource consumption": Remedy(
        _("A request keeps the server busy for long."),
        _("Bound what one request may cost: size, time and number."),
        400,
    ),
    "Clickjacking Protection": Remedy(
        _("The page can be shown inside another site: a visitor clicks on what an attacker has put over it."),
        _("Send a Content-Security-Policy with frame-ancestors 'none' or 'self', or X-Frame-Options."),
        1021,
    ),
    "MIME Type Confusion": Remedy(
        _("Browsers may guess what a file is and run as a script what was meant as text or a picture."),
        _("Send X-Content-Type-Options: nosniff, and the right Content-Type with every answer."),
        693,
    ),
    "HTTP Strict Transport Security (HSTS)": Remedy(
        _("The browser is not told to use HTTPS only, so a first request can be caught unencrypted."),
        _("Send Strict-Transport-Security with a max-age of at least a year on every HTTPS answer."),
        319,
    ),
    "TLS/SSL misconfigurations": Remedy(
        _("The encryption uses versions, ciphers or certificates that no longer protect what is sent."),
        _("Offer TLS 1.2 and 1.3 only, with current ciphers and a valid certificate."),
        326,
    ),
    "Cleartext Submission of Password": Remedy(
        _("A password travels unencrypted: others on the way can read it."),
        _("Serve the form and its target over HTTPS only."),
        523,
    ),
    "LDAP Injection": Remedy(
        _("Input becomes part of a directory query: an attacker can read entries or sign in as somebody else."),
        _("Escape values for the filter or the name they are put into, with the directory library's own functions."),
        90,
    ),
    "XPATH Injection": Remedy(
        _("Input becomes part of a query on XML: an attacker can read other parts of the document."),
        _("Pass values as variables of the query, never by building it as text."),
        643,
    ),
    "Stored HTML Injection": Remedy(
        _("Stored input is shown to others as markup: an attacker can change what the page shows them."),
        _("Escape values when they are shown, whatever was checked when they were stored."),
        79,
    ),
    "Log4Shell": Remedy(
        _(
            "The server's logging library looks up addresses that input names: an attacker can run programs on the server."
        ),
        _("Update Log4j to a version that is mended, at once; until then let no server reach unknown addresses."),
        917,
    ),
    "Spring4Shell": Remedy(
        _("Input reaches properties of the server's own classes: an attacker can run programs on the server."),
        _("Update the Spring Framework to a version that is mended, at once."),
        94,
    ),
    "CVE-2024-55591": Remedy(
        _("The device lets an attacker past its sign-in, with an administrator's rights."),
        _("Update the device's software, at once, and take its administration off the open network."),
        288,
    ),
    "Vulnerable software": Remedy(
        _("A component has flaws that are publicly known."),
        _("Update it to a version that is mended, and watch for news of what you use."),
        1395,
    ),
    "Weak credentials": Remedy(
        _("A usual or easily guessed password signs in."),
        _("Change it. Refuse usual passwords, and slow down repeated tries."),
        521,
    ),
    "Unrestricted File Upload": Remedy(
        _("Files of any kind can be uploaded: an attacker may place a program on the server."),
        _(
            "Allow known kinds only, check the content, choose the name yourself, and keep uploads where nothing is run."
        ),
        434,
    ),
    "Subdomain takeover": Remedy(
        _("A name points to a service that nobody holds: an attacker can take it and answer in your name."),
        _("Remove the entry from your DNS, or claim the service again."),
    ),
    "NS takeover": Remedy(
        _("A zone is delegated to a name server that nobody holds: an attacker can answer for all its names."),
        _("Remove the delegation, or claim the name server again."),
    ),
    "Inconsistent Redirection": Remedy(
        _("A page that redirects also sends content, which may be meant for others."),
        _("End the handling of a request when it redirects, before anything else is written."),
        698,
    ),
    "Information Disclosure - Full Path": Remedy(
        _("A page tells where files lie on the server, which helps with other attacks."),
        _("Show visitors a general message and keep the details in the log."),
        200,
    ),
    "Stack Trace Disclosure": Remedy(
        _("An error page tells how the application works inside."),
        _("Switch debugging off in production; show visitors a general message and keep the details in the log."),
        209,
    ),
    "Review Webserver Metafiles for Information Leakage": Remedy(
        _("Files such as robots.txt tell of addresses that are not meant to be found."),
        _("Protect those addresses themselves; leave out of such files what nobody should know."),
        200,
    ),
    "Fingerprint web technology": Remedy(*_TELLS),
    "Fingerprint web server": Remedy(*_TELLS),
    "Fingerprint web application framework": Remedy(*_TELLS),
}


def remedy_for(category: str) -> Remedy:
    """The remedy of an engine's category; a general one where the category is not known."""
    return REMEDIES.get(category, UNKNOWN)

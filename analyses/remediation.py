"""What to do about a category of findings, in plain words. Categories are the engine's own names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remedy:
    """What a flaw lets an attacker do, how to mend it, and its number in the Common Weakness Enumeration."""

    risk: str
    advice: str
    cwe: int | None = None


UNKNOWN = Remedy("The engine reported behaviour that may help an attacker.", "Read the evidence and judge it.")

_TELLS = (
    "The site tells which software it runs, so known flaws of it are quickly tried.",
    "Keep the software up to date; leave versions out of headers and pages.",
    200,
)

REMEDIES: dict[str, Remedy] = {
    "SQL Injection": Remedy(
        "Input becomes part of a database query: an attacker can read or change data.",
        "Pass values as bound parameters, never by building the query as text. Give the database user no more rights than it needs.",
        89,
    ),
    "Blind SQL Injection": Remedy(
        "Input becomes part of a database query: an attacker can read data bit by bit.",
        "Pass values as bound parameters, never by building the query as text.",
        89,
    ),
    "Reflected Cross Site Scripting": Remedy(
        "Input comes back as part of the page: a prepared link runs an attacker's script in the visitor's browser.",
        "Escape every value for the place it is written to (text, attribute, script, address). Add a Content-Security-Policy as a second line.",
        79,
    ),
    "Stored Cross Site Scripting": Remedy(
        "Stored input is shown to others as part of the page: an attacker's script runs for every visitor.",
        "Escape values when they are shown, whatever was checked when they were stored. Add a Content-Security-Policy as a second line.",
        79,
    ),
    "HTML Injection": Remedy(
        "Input comes back as markup: an attacker can change what the page shows.",
        "Escape every value that is written into the page.",
        79,
    ),
    "Command execution": Remedy(
        "Input reaches a command of the operating system: an attacker can run programs on the server.",
        "Use a library instead of a shell; where a program must be run, pass an argument list and allow only known values.",
        78,
    ),
    "Path Traversal": Remedy(
        "Input chooses a file: an attacker can read files of the server.",
        "Let input select from known names only; resolve the path and check that it stays in its folder.",
        22,
    ),
    "Open Redirect": Remedy(
        "Input chooses where the visitor is sent: a link to your site leads to an attacker's.",
        "Redirect to known local addresses only.",
        601,
    ),
    "CRLF Injection": Remedy(
        "Input reaches a response header: an attacker can add headers or split the response.",
        "Refuse line breaks in values that are written into headers.",
        93,
    ),
    "Cross Site Request Forgery": Remedy(
        "A form is accepted from other sites: an attacker can act in a signed-in visitor's name.",
        "Add an unpredictable token to every form that changes something and check it; set SameSite on the session cookie.",
        352,
    ),
    "Content Security Policy Configuration": Remedy(
        "The browser is not told where scripts may come from, so an injected script runs.",
        "Send a Content-Security-Policy header that allows scripts from your own origin only, without unsafe-inline.",
        693,
    ),
    "HTTP Secure Headers": Remedy(
        "Headers that make the browser protect the visitor are missing.",
        "Send X-Content-Type-Options: nosniff, X-Frame-Options or frame-ancestors, and on HTTPS Strict-Transport-Security.",
        693,
    ),
    "HttpOnly Flag cookie": Remedy(
        "Scripts can read the cookie: an injected script can steal the session.",
        "Set HttpOnly on every cookie that no script of yours has to read.",
        1004,
    ),
    "Secure Flag cookie": Remedy(
        "The cookie is also sent unencrypted, where others can read it.",
        "Serve the site over HTTPS and set Secure on every cookie.",
        614,
    ),
    "Potentially dangerous file": Remedy(
        "A file that is known to be risky can be fetched.",
        "Remove the file from the server, or keep it from being served.",
        538,
    ),
    "Backup file": Remedy(
        "A copy of a file can be fetched and may show source code or passwords.",
        "Remove copies from the folders that are served.",
        530,
    ),
    "Htaccess Bypass": Remedy(
        "A protected address answers to an unusual request method.",
        "Protect the address for every method, not for GET and POST only.",
        288,
    ),
    "HTTP Methods": Remedy(
        "The server accepts methods it may not need.",
        "Allow only the methods the application uses.",
        650,
    ),
    "XML External Entity": Remedy(
        "XML input can name files and addresses the server then reads.",
        "Switch off external entities and document types in the XML parser.",
        611,
    ),
    "Server Side Request Forgery": Remedy(
        "Input chooses an address the server connects to.",
        "Allow known destinations only, and check the resolved address.",
        918,
    ),
    "Unencrypted Channels": Remedy(
        "Pages travel unencrypted: others on the way can read and change them.",
        "Serve the site over HTTPS only and redirect HTTP to it.",
        319,
    ),
    "Internal Server Error": Remedy(
        "A request makes the server fail: unusual input is not handled.",
        "Find the error in the server's log and handle the input.",
        248,
    ),
    "Resource consumption": Remedy(
        "A request keeps the server busy for long.",
        "Bound what one request may cost: size, time and number.",
        400,
    ),
    "Clickjacking Protection": Remedy(
        "The page can be shown inside another site: a visitor clicks on what an attacker has put over it.",
        "Send a Content-Security-Policy with frame-ancestors 'none' or 'self', or X-Frame-Options.",
        1021,
    ),
    "MIME Type Confusion": Remedy(
        "Browsers may guess what a file is and run as a script what was meant as text or a picture.",
        "Send X-Content-Type-Options: nosniff, and the right Content-Type with every answer.",
        693,
    ),
    "HTTP Strict Transport Security (HSTS)": Remedy(
        "The browser is not told to use HTTPS only, so a first request can be caught unencrypted.",
        "Send Strict-Transport-Security with a max-age of at least a year on every HTTPS answer.",
        319,
    ),
    "TLS/SSL misconfigurations": Remedy(
        "The encryption uses versions, ciphers or certificates that no longer protect what is sent.",
        "Offer TLS 1.2 and 1.3 only, with current ciphers and a valid certificate.",
        326,
    ),
    "Cleartext Submission of Password": Remedy(
        "A password travels unencrypted: others on the way can read it.",
        "Serve the form and its target over HTTPS only.",
        523,
    ),
    "LDAP Injection": Remedy(
        "Input becomes part of a directory query: an attacker can read entries or sign in as somebody else.",
        "Escape values for the filter or the name they are put into, with the directory library's own functions.",
        90,
    ),
    "XPATH Injection": Remedy(
        "Input becomes part of a query on XML: an attacker can read other parts of the document.",
        "Pass values as variables of the query, never by building it as text.",
        643,
    ),
    "Stored HTML Injection": Remedy(
        "Stored input is shown to others as markup: an attacker can change what the page shows them.",
        "Escape values when they are shown, whatever was checked when they were stored.",
        79,
    ),
    "Log4Shell": Remedy(
        "The server's logging library looks up addresses that input names: an attacker can run programs on the server.",
        "Update Log4j to a version that is mended, at once; until then let no server reach unknown addresses.",
        917,
    ),
    "Spring4Shell": Remedy(
        "Input reaches properties of the server's own classes: an attacker can run programs on the server.",
        "Update the Spring Framework to a version that is mended, at once.",
        94,
    ),
    "CVE-2024-55591": Remedy(
        "The device lets an attacker past its sign-in, with an administrator's rights.",
        "Update the device's software, at once, and take its administration off the open network.",
        288,
    ),
    "Vulnerable software": Remedy(
        "A component has flaws that are publicly known.",
        "Update it to a version that is mended, and watch for news of what you use.",
        1395,
    ),
    "Weak credentials": Remedy(
        "A usual or easily guessed password signs in.",
        "Change it. Refuse usual passwords, and slow down repeated tries.",
        521,
    ),
    "Unrestricted File Upload": Remedy(
        "Files of any kind can be uploaded: an attacker may place a program on the server.",
        "Allow known kinds only, check the content, choose the name yourself, and keep uploads where nothing is run.",
        434,
    ),
    "Subdomain takeover": Remedy(
        "A name points to a service that nobody holds: an attacker can take it and answer in your name.",
        "Remove the entry from your DNS, or claim the service again.",
    ),
    "NS takeover": Remedy(
        "A zone is delegated to a name server that nobody holds: an attacker can answer for all its names.",
        "Remove the delegation, or claim the name server again.",
    ),
    "Inconsistent Redirection": Remedy(
        "A page that redirects also sends content, which may be meant for others.",
        "End the handling of a request when it redirects, before anything else is written.",
        698,
    ),
    "Information Disclosure - Full Path": Remedy(
        "A page tells where files lie on the server, which helps with other attacks.",
        "Show visitors a general message and keep the details in the log.",
        200,
    ),
    "Stack Trace Disclosure": Remedy(
        "An error page tells how the application works inside.",
        "Switch debugging off in production; show visitors a general message and keep the details in the log.",
        209,
    ),
    "Review Webserver Metafiles for Information Leakage": Remedy(
        "Files such as robots.txt tell of addresses that are not meant to be found.",
        "Protect those addresses themselves; leave out of such files what nobody should know.",
        200,
    ),
    "Fingerprint web technology": Remedy(*_TELLS),
    "Fingerprint web server": Remedy(*_TELLS),
    "Fingerprint web application framework": Remedy(*_TELLS),
}


def remedy_for(category: str) -> Remedy:
    """The remedy of an engine's category; a general one where the category is not known."""
    return REMEDIES.get(category, UNKNOWN)

"""What to do about a category of findings, in plain words. Categories are the engine's own names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remedy:
    """What a flaw lets an attacker do, how to mend it, and its number in the Common Weakness Enumeration."""

    risk: str
    advice: str
    cwe: int | None = None


UNKNOWN = Remedy("The engine reported behaviour that may help an attacker.", "Read the evidence and judge it.")

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
        1021,
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
}


def remedy_for(category: str) -> Remedy:
    """The remedy of an engine's category; a general one where the category is not known."""
    return REMEDIES.get(category, UNKNOWN)

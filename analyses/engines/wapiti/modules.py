"""The modules of Wapiti that may be run: those that its versions 3.2 and 3.3 both have and that need nobody else.

Left out are those that fetch data or wait for callbacks from outside (wapp, cms, htp, ssrf, xxe, log4shell, takeover),
that guess passwords or file names by the thousand (brute_login_form, buster, nikto, backup), that write or delete on
the target (upload, methods) or that go to other ports (ssl, https_redirect).
"""

from analyses.engines.contract import EngineError
from analyses.said import said as _

# In the order in which they run. Stored XSS is looked for last, straight after what plants its traces.
MODULES = {
    "http_headers": "Security headers",
    "csp": "Content security policy",
    "cookieflags": "Cookie flags",
    "csrf": "Request forgery",
    "sql": "SQL injection",
    "redirect": "Open redirects",
    "file": "File inclusion",
    "exec": "Command execution",
    "crlf": "Header injection",
    "ldap": "LDAP injection",
    "shellshock": "Shellshock",
    "timesql": "Time-based SQL injection",
    "xss": "Cross-site scripting",
    "permanentxss": "Stored cross-site scripting",
}
BY_DEFAULT = tuple(name for name in MODULES if name not in ("ldap", "shellshock", "timesql"))
# An API has no forms that another site could send.
OF_APIS = tuple(name for name in BY_DEFAULT if name != "csrf")

# What they report shows on any answer of the page, without an attack.
PASSIVE = frozenset({"http_headers", "csp", "cookieflags", "csrf"})


def chosen(asked: tuple[str, ...], *, api: bool = False) -> tuple[str, ...]:
    """The modules to run, in their order: those asked for, or the default. Raises EngineError for others."""
    unknown = sorted(set(asked) - MODULES.keys())
    if unknown:
        raise EngineError(_("The scan engine has no module named %(name)s.", name=repr(unknown[0])))
    wanted = set(asked or (OF_APIS if api else BY_DEFAULT))
    if "permanentxss" in wanted:
        wanted.add("xss")
    return tuple(name for name in MODULES if name in wanted)

"""What settings are called, and their choices: where an edit is told, and where a configuration is read."""

from typing import Any

from django.utils.translation import gettext_lazy

from analyses.models import Scan
from analyses.models.scans import SCOPES, SPEEDS

ANALYSIS_LABELS = {
    "owner": gettext_lazy("Owner"),
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "excluded_urls": gettext_lazy("Excluded URLs"),
    "user_agent": gettext_lazy("User agent"),
    "business_unit": gettext_lazy("Business unit"),
    "contact_name": gettext_lazy("Contact"),
    "contact_email": gettext_lazy("E-mail of the contact"),
    "recipients": gettext_lazy("Further recipients"),
    "hold_results": gettext_lazy("Hold the results for review"),
    "start_at": gettext_lazy("Start"),
    "end_by": gettext_lazy("End no later than"),
    "duration": gettext_lazy("Longest duration"),
    "repeat": gettext_lazy("Repeat"),
    "repeat_days": gettext_lazy("Repeat on"),
    "repeat_until": gettext_lazy("Last day"),
    "repeat_count": gettext_lazy("Number of runs"),
    "repeat_off_after": gettext_lazy("Stop repeating after failed runs in a row"),
    "prescan_only": gettext_lazy("Prescan only"),
    "zone": gettext_lazy("Time zone"),
    "pause_from": gettext_lazy("Pause from"),
    "pause_until": gettext_lazy("Pause until"),
    "pause_days": gettext_lazy("Pause on"),
}
SCAN_LABELS = {
    "url": gettext_lazy("URL"),
    "specification_id": gettext_lazy("specification"),
    "excluded_endpoints": gettext_lazy("endpoints left out"),
    "scope": gettext_lazy("scope"),
    "both_schemes": gettext_lazy("http or https twin"),
    "allowed_hosts": gettext_lazy("further hosts"),
    "excluded_urls": gettext_lazy("excluded URLs"),
    "user_agent": gettext_lazy("user agent"),
    "speed": gettext_lazy("speed"),
    "sign_in_method": gettext_lazy("sign-in"),
    "login_url": gettext_lazy("sign-in page"),
    "username": gettext_lazy("user name"),
    "header": gettext_lazy("header"),
    "check_text": gettext_lazy("text when signed in"),
    "check_url": gettext_lazy("page to look on"),
    "logout_url": gettext_lazy("sign-out address"),
}
SECRET_LABELS = {
    "secret": gettext_lazy("password"),
    "totp_secret": gettext_lazy("key for one-time codes"),
    "headers": gettext_lazy("extra headers"),
    "client_certificate": gettext_lazy("client certificate"),
    "login_script": gettext_lazy("login script"),
    "logout_script": gettext_lazy("logout script"),
    "crawl_script": gettext_lazy("crawl script"),
}
CHOICES: dict[str, dict[Any, Any]] = {
    "scope": dict(SCOPES),
    "speed": dict(SPEEDS),
    "sign_in_method": dict(Scan._meta.get_field("sign_in_method").choices or []),
}

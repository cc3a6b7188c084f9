"""The severities in words."""

from django.utils.translation import gettext_lazy as _

from analyses.engines.contract import Severity

SEVERITY_NAMES = {
    Severity.CRITICAL: _("Critical"),
    Severity.HIGH: _("High"),
    Severity.MEDIUM: _("Medium"),
    Severity.LOW: _("Low"),
    Severity.INFO: _("Info"),
}

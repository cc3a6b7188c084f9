"""Saying of an address that it may not be scanned, and to administrators how to allow it."""

from collections.abc import Iterable
from functools import cached_property
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from analyses.configuring import approved_patterns
from analyses.models import AllowedTarget, Analysis
from analyses.roles import Right, rights_of
from analyses.said import translated
from analyses.targets import InvalidTarget, parse_target, refusal


class AllowedTargets:
    """The allowed targets of an analysis, or of a new one of this person, as the person sees them."""

    def __init__(self, user: User, analysis: Analysis | None):
        self._user = user
        self._everywhere = analysis is None or analysis.owner_id == user.pk or Right.LEAD in rights_of(user)
        self._patterns = approved_patterns(analysis.pk if analysis else None, user.pk)
        self._may_allow = user.is_active and user.is_superuser
        self._all = dict(AllowedTarget.objects.values_list("pattern", "pk")) if self._may_allow else {}

    @cached_property
    def _own_patterns(self) -> list[str]:
        return approved_patterns(None, self._user.pk)

    def not_yours(self, address: str) -> str:
        """Why this person may not add an address that the analysis of somebody else may scan; empty when they may."""
        if self._everywhere or refusal(address, self._patterns, settings.SITE_URL):  # which is said elsewhere
            return ""
        if not refusal(address, self._own_patterns, settings.SITE_URL):
            return ""
        spot = parse_target(address).spot
        return _("%(spot)s is allowed to other teams, not to yours. The owner can add it.") % {"spot": spot}

    def refusals(self, addresses: Iterable[str]) -> list[str]:
        """Why these addresses may not be scanned, each reason once; empty when they may."""
        reasons = dict.fromkeys(self.refusal(address) for address in addresses if address)
        return [reason for reason in reasons if reason]

    def refusal(self, address: str) -> str:
        """Why an address may not be scanned, with a link where allowing it would help; empty when it may be."""
        reason = translated(refusal(address, self._patterns, settings.SITE_URL))
        if not reason or not self._may_allow:
            return reason
        try:
            spot = parse_target(address).spot
        except InvalidTarget:
            return reason
        if refusal(address, [*self._patterns, spot], settings.SITE_URL):
            return reason
        allow = _("Allow %(spot)s") % {"spot": spot}
        return format_html('{} <a href="{}">{}</a>', reason, self._page_for(spot), allow)

    def _page_for(self, spot: str) -> str:
        """Where administrators allow it: a new one, or the teams of one that other teams have."""
        if spot in self._all:
            return reverse("admin:analyses_allowedtarget_change", args=[self._all[spot]])
        return f"{reverse('admin:analyses_allowedtarget_add')}?{urlencode({'pattern': spot})}"

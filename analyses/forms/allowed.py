"""Saying of an address that it may not be scanned, and to administrators how to allow it."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.html import format_html

from analyses.configuring import allowed_patterns
from analyses.targets import InvalidTarget, parse_target, refusal


class AllowedTargets:
    """The allowed targets as one person sees them."""

    def __init__(self, user: User):
        self._patterns = allowed_patterns()
        self._may_allow = user.has_perm("analyses.add_allowedtarget")

    def refusals(self, addresses: Iterable[str]) -> list[str]:
        """Why these addresses may not be scanned, each reason once; empty when they may."""
        reasons = dict.fromkeys(self.refusal(address) for address in addresses if address)
        return [reason for reason in reasons if reason]

    def refusal(self, address: str) -> str:
        """Why an address may not be scanned, with a link where allowing it would help; empty when it may be."""
        reason = refusal(address, self._patterns, settings.SITE_URL)
        if not reason or not self._may_allow:
            return reason
        try:
            spot = parse_target(address).spot
        except InvalidTarget:
            return reason
        if refusal(address, [*self._patterns, spot], settings.SITE_URL):
            return reason
        add = f"{reverse('admin:analyses_allowedtarget_add')}?{urlencode({'pattern': spot})}"
        return format_html('{} <a href="{}">Allow {}</a>', reason, add, spot)

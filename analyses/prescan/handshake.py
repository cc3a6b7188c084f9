"""What a TLS handshake that failed means, in words for people."""

import re
import ssl

from analyses.prescan.contract import CheckFailed, SignInFailed
from analyses.said import joined
from analyses.said import said as _

_AUTHORITY = _(
    "Give the site a certificate of a known authority, or have its authority added to those that the machine "
    "running the scans trusts."
)
_CHAIN = _("If it is known, the site must send its intermediate certificates too.")
_BY_VERIFY_CODE = {
    9: (_("The certificate is not valid yet"), _("Check the site's certificate, and the clock of both machines.")),
    10: (_("The certificate has expired"), _("Renew the site's certificate.")),
    18: (_("The certificate is self-signed"), _AUTHORITY),
    19: (_("The certificate comes from an authority that is not trusted"), _AUTHORITY),
    20: (_("The certificate comes from an authority that is not known"), joined(_AUTHORITY, _CHAIN)),
    21: (_("The certificate comes from an authority that is not known"), joined(_AUTHORITY, _CHAIN)),
}
_WRONG_HOST = frozenset({62, 64})
_OLD_TLS = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER", "PACKET_LENGTH")


def not_secured(error: OSError, host: str, seconds: float, *, presented: bool) -> CheckFailed:
    """Why a connection could not be secured; `presented` tells whether a client certificate was."""
    if refusal := about_client_certificate(error, presented=presented):
        return refusal
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _WRONG_HOST:
            cause = _("The certificate is for another host than %(host)s", host=host)
            return CheckFailed(cause, _("Use the name that the certificate is for, or renew it for this one."))
        known = _BY_VERIFY_CODE.get(error.verify_code)
        return CheckFailed(*known) if known else CheckFailed(_("The certificate cannot be verified"), _AUTHORITY)
    reason = getattr(error, "reason", None) or ""
    if isinstance(error, TimeoutError):
        cause = _("The TLS handshake did not end within %(seconds)s s", seconds=max(1, round(seconds)))
    elif any(word in reason for word in _NOT_TLS):
        cause = _("What answers there does not speak TLS")
    elif any(word in reason for word in _OLD_TLS):
        return CheckFailed(
            _("The site offers only TLS versions that are no longer safe"), _("Have it offer TLS 1.2 or later.")
        )
    elif isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return CheckFailed(
            _("The TLS handshake failed (%(reason)s)", reason=reason.lower().replace("_", " ") or _("no reason given")),
            _("Check the TLS settings of the site."),
        )
    else:
        cause = _("The connection was closed during the TLS handshake")
    return CheckFailed(cause, _("Check the port. If the site has no TLS, its address begins with http://."))


# What a site's alerts say of the client's certificate, or of its lack. With TLS 1.3 they come after the handshake.
_NONE_CAME = ("CERTIFICATE_REQUIRED",)
_REFUSED = ("UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED",
            "UNSUPPORTED_CERTIFICATE", "ACCESS_DENIED", "DECRYPT_ERROR")  # fmt: skip


def about_client_certificate(error: OSError, *, presented: bool) -> SignInFailed | None:
    """The failure that says so, when a site wants a client certificate, or refuses the one it was given."""
    reason = getattr(error, "reason", None) or ""
    if "ALERT" not in reason:
        return None
    if any(word in reason for word in _NONE_CAME) or (not presented and "HANDSHAKE_FAILURE" in reason):
        return certificate_wanted(sure=any(word in reason for word in _NONE_CAME))
    if presented and any(word in reason for word in (*_REFUSED, "HANDSHAKE_FAILURE")):
        return certificate_refused(reason.rpartition("ALERT_")[2].lower().replace("_", " "))
    return None


def certificate_wanted(*, sure: bool = True) -> SignInFailed:
    cause = _("The site asks for a client certificate, and none is configured")
    if not sure:
        cause = _("The site refuses the TLS connection: it may ask for a client certificate, and none is configured")
    return SignInFailed(cause, _("Upload one (PKCS#12) in the sign-in settings of the scan."))


def certificate_refused(reason: str = "") -> SignInFailed:
    """The site does not take the one that it got."""
    cause = _("The site refuses the client certificate")
    return SignInFailed(
        _("The site refuses the client certificate (%(reason)s)", reason=reason) if reason else cause,
        _("Upload a certificate of an authority that the site trusts, which has not been revoked."),
    )


def told_of_certificate(status: int, text: str) -> SignInFailed | None:
    """The same, from a site that lets everybody connect and tells strangers in a page, as web servers do."""
    if status not in (400, 403):
        return None
    if _PAGE_WANTS.search(text[:_BEGINNING]):
        return certificate_wanted()
    return certificate_refused() if _PAGE_REFUSES.search(text[:_BEGINNING]) else None


_BEGINNING = 5_000  # characters of a page
_PAGE_WANTS = re.compile(r"no required ssl certificate was sent|client certificate (is )?required", re.IGNORECASE)
_PAGE_REFUSES = re.compile(r"the ssl certificate error|client certificate (is )?(revoked|untrusted)", re.IGNORECASE)

"""Outgoing mails to look at and to send again; the internal recipients to edit."""

from typing import Any

from csp.decorators import csp
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import truncatechars
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString

from notifications import ledger
from notifications.kinds import label_of
from notifications.models import InternalRecipient, OutgoingMail, OutgoingMailQuerySet
from notifications.outbox import send_again
from notifications.samples import SAMPLES, sample

# A mail shows its own styles. It runs nothing, loads nothing, sends nothing and is no part of this site.
MAIL_POLICY = {
    "sandbox": [True],
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "form-action": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}


@admin.register(OutgoingMail)
class OutgoingMailAdmin(admin.ModelAdmin):
    """Who was told what and when, and what keeps a mail from leaving. Nobody writes or rewords mails here."""

    list_display = ["status", "to", "subject", "event", "created_at", "attempts", "error"]
    list_display_links = ["subject"]
    list_filter = ["status", "event", "created_at"]
    search_fields = ["to", "subject"]
    show_full_result_count = False
    actions = ["send_again"]
    fieldsets = [
        (None, {"fields": ["subject", "to", "user", "event", "html_part", "text_part"]}),
        ("Delivery", {"fields": ["status", "why", "attempts", "next_try_at", "last_error", "sent_at", "claimed_at"]}),
        ("Record", {"fields": ["created_at", "key", "message_id"]}),
    ]
    readonly_fields = ["html_part", "text_part", "why"]

    @admin.display(description="last error")
    def error(self, mail: OutgoingMail) -> str:
        return truncatechars(mail.last_error, 80)

    @admin.display
    def why(self, mail: OutgoingMail) -> str:
        """What its reader sees about it, too."""
        return ledger.why(mail)

    @admin.display(description="text")
    def text_part(self, mail: OutgoingMail) -> SafeString:
        return format_html("<pre>{}</pre>", mail.text)

    @admin.display(description="HTML")
    def html_part(self, mail: OutgoingMail) -> SafeString:
        address = reverse("admin:notifications_outgoingmail_html", args=[mail.pk])
        return format_html('<a href="{}" target="_blank" rel="noopener">Show it as its reader sees it</a>', address)

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, mails: OutgoingMailQuerySet) -> None:
        chosen = mails.count()
        due = send_again(mails)
        if due:
            self.message_user(request, f"{due} of {chosen} chosen mails will be sent in a moment.", messages.SUCCESS)
        if due < chosen:
            left = f"{chosen - due} of {chosen} chosen mails were left alone: they are sent, or being sent."
            self.message_user(request, left, messages.WARNING)

    def get_urls(self) -> list[URLPattern]:
        shown = self.admin_site.admin_view
        views = [
            path("<int:mail_id>/html/", shown(self.html_view), name="notifications_outgoingmail_html"),
            path("kinds/", shown(self.kinds_view), name="notifications_outgoingmail_kinds"),
            path("kinds/<str:event>/html/", shown(self.sample_view), name="notifications_sample_outgoingmail_html"),
        ]
        return [*views, *super().get_urls()]

    def kinds_view(self, request: HttpRequest) -> HttpResponse:
        """Every kind of mail: how it looks with made-up facts, and the latest of it that was written."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        latest = dict(OutgoingMail.objects.order_by().values_list("event").annotate(last=Max("pk")))
        rows = [
            {"event": event, "label": label_of(event), "words": sample(event), "latest": latest.get(event)}
            for event in SAMPLES
        ]
        context = {**self.admin_site.each_context(request), "title": "Kinds of mails", "rows": rows}
        return render(request, "admin/notifications/outgoingmail/kinds.html", {**context, "opts": self.opts})

    @method_decorator(csp(MAIL_POLICY))
    def sample_view(self, request: HttpRequest, event: str) -> HttpResponse:
        """The HTML part of a kind of mail, with made-up facts, locked away like a real one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if event not in SAMPLES:
            raise Http404("No such kind of mail.")
        return HttpResponse(sample(event).html)

    @method_decorator(csp(MAIL_POLICY))
    def html_view(self, request: HttpRequest, mail_id: int) -> HttpResponse:
        """The HTML part as a page of its own, locked away from this site by MAIL_POLICY."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponse(get_object_or_404(OutgoingMail, pk=mail_id).html)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_outgoingmail")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _mail: OutgoingMail | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _mail: OutgoingMail | None = None) -> bool:
        return False


@admin.register(InternalRecipient)
class InternalRecipientAdmin(admin.ModelAdmin):
    """Who, beside the security leads, is told about published results."""

    list_display = ["address", "note", "active"]
    list_filter = ["active"]
    search_fields = ["address", "note"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        told = {"address": "One mail address, such as security@example.com. It needs no account here."}
        return super().get_form(request, obj, change, help_texts=told, **kwargs)

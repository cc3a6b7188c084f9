"""Addresses that are left alone: those that refuse mails, and those whose readers want none."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest

from notifications import refusals
from notifications.models import RefusedAddress, RefusedAddressQuerySet, Unsubscribed


class RefusedAddressForm(forms.ModelForm):
    """An address to mark: one that has refused before is the same one."""

    address = forms.EmailField(
        max_length=254,
        help_text="At most 254 characters. No mails are sent there until it is released.",
    )

    class Meta:
        model = RefusedAddress
        fields = ["address"]

    def clean_address(self) -> str:
        return self.cleaned_data["address"].lower()

    def validate_unique(self) -> None:
        """One that is known already is marked like any other."""


@admin.register(RefusedAddress)
class RefusedAddressAdmin(admin.ModelAdmin):
    """Which addresses take no mails. Releasing one lets mails go there again; those that failed are sent by hand.

    Mails that come back later are read by people: whoever reads them marks the address here.
    """

    list_display = ["address", "refusals", "blocked", "last_at", "last_error"]
    search_fields = ["address"]
    actions = ["release"]
    form = RefusedAddressForm

    @admin.display(description="no mails are sent", boolean=True)
    def blocked(self, row: RefusedAddress) -> bool:
        return row.is_blocked

    @admin.action(description="Release: send mails there again", permissions=["release"])
    def release(self, request: HttpRequest, chosen: RefusedAddressQuerySet) -> None:
        released, _ = chosen.delete()
        self.message_user(request, f"Mails go to {released} of these addresses again.", messages.SUCCESS)

    def has_release_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.delete_refusedaddress")

    def save_model(self, request: HttpRequest, row: RefusedAddress, _form: Any, _change: bool) -> None:
        row.pk = refusals.block(row.address, f"Marked by {request.user.get_username()}.").pk

    def has_change_permission(self, _request: HttpRequest, _row: RefusedAddress | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _row: RefusedAddress | None = None) -> bool:
        return False


@admin.register(Unsubscribed)
class UnsubscribedAdmin(admin.ModelAdmin):
    """Who without an account has unsubscribed from what. Deleting a row lets these mails go there again."""

    list_display = ["address", "event", "at"]
    list_filter = ["event"]
    search_fields = ["address"]

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _row: Unsubscribed | None = None) -> bool:
        return False

"""Web hooks to define and try out; what was sent to them, to look at and to send again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import truncatechars
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.administrators import ForAdministrators
from notifications import hook_addresses, hook_ledger, hooks
from notifications.kinds import KINDS
from notifications.ledger import DAYS
from notifications.models import Hook, HookMessage, HookMessageQuerySet

_NEVER_SHOWN = forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"})


class HookForm(forms.ModelForm):
    """Address and secret are written and never shown again: whoever has the address can write into the chat."""

    new_address = forms.CharField(
        label="address",
        required=False,
        max_length=2000,
        widget=_NEVER_SHOWN,
        help_text="Such as https://hooks.example.com/services/1. At most 2,000 characters; never shown again.",
    )
    new_secret = forms.CharField(
        label="secret",
        required=False,
        min_length=16,
        max_length=500,
        widget=_NEVER_SHOWN,
        help_text="16 characters or more. Signs every message (Vedette-Signature). Never shown again.",
    )
    erase_secret = forms.BooleanField(
        label="erase the secret", required=False, help_text="Messages are no longer signed then."
    )
    events = forms.MultipleChoiceField(
        choices=[(kind.event, kind.label) for kind in KINDS],
        widget=forms.CheckboxSelectMultiple(attrs={"aria-describedby": "events-help"}),
        # The administration gives the help of a group no id of its own.
        help_text=format_html('<span id="events-help">{}</span>', "What it is told of; at least one."),
    )

    class Meta:
        model = Hook
        fields = ["name", "format", "events", "for_everybody", "teams", "active"]
        help_texts = {
            "name": "What lists call it, such as “Security channel”. At most 100 characters; no two have the same.",
            "format": "What the receiver reads: Slack and Teams show it in a channel, JSON is for programs.",
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.fields["new_address"].required = True
            del self.fields["erase_secret"]
            return
        self.fields["new_address"].help_text = f"Now {self.instance.shown_address} Empty: it stays."
        kept = "One is stored; empty: it stays." if self.instance.secret else "None is stored: messages are not signed."
        self.fields["new_secret"].help_text = f"{self.fields['new_secret'].help_text} {kept}"

    def clean_new_address(self) -> str:
        address = self.cleaned_data["new_address"].strip()
        if address:
            try:
                hook_addresses.parsed(address)
            except hook_addresses.Refused as refused:
                raise forms.ValidationError(str(refused)) from refused
        return address

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if bool(values.get("for_everybody")) == bool(values.get("teams")):
            self.add_error("teams", "Choose the teams, or “for everybody”: one of the two.")
        return values

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        self.instance.address = self.cleaned_data.get("new_address") or self.instance.address
        if self.cleaned_data.get("erase_secret"):
            self.instance.secret = ""
        self.instance.secret = self.cleaned_data.get("new_secret") or self.instance.secret


@admin.register(Hook)
class HookAdmin(ForAdministrators):
    """What is told to chat rooms and other programs."""

    form = HookForm
    list_display = ["name", "shown_address", "format", "told", "signed", "active"]
    list_filter = ["active", "format"]
    search_fields = ["name"]
    filter_horizontal = ["teams"]
    actions = ["send_test"]
    readonly_fields = ["last_days"]

    def get_fields(self, _request: HttpRequest, hook: Hook | None = None) -> Any:
        erase, ledger = (["erase_secret"], ["last_days"]) if hook else ([], [])
        fields = ["name", "new_address", "format", "new_secret", *erase, "events", "for_everybody", "teams", "active"]
        return [*fields, *ledger]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hook]:
        return super().get_queryset(request).prefetch_related("teams")

    @admin.display(description="told of")
    def told(self, hook: Hook) -> str:
        names = ", ".join(str(kind.label) for kind in KINDS if kind.event in hook.events)
        teams = ", ".join(team.name for team in hook.teams.all())
        return f"{names} ({'everybody' if hook.for_everybody else teams or 'nobody'})"

    @admin.display(description="signed", boolean=True)
    def signed(self, hook: Hook) -> bool:
        return bool(hook.secret)

    @admin.display(description=f"the last {DAYS} days")
    def last_days(self, hook: Hook) -> SafeString:
        messages_of_it = reverse("admin:notifications_hookmessage_changelist", query={"hook__id__exact": hook.pk})
        context = {"hook": hook, "days": DAYS, "messages": messages_of_it, "played": hook_ledger.replay(hook)}
        return render_to_string("admin/notifications/hook/last_days.html", context)

    @admin.action(description="Send a test", permissions=["change"])
    def send_test(self, request: HttpRequest, chosen: QuerySet[Hook]) -> None:
        for hook in chosen:
            message = hooks.send_test(hook)
            page = reverse("admin:notifications_hookmessage_change", args=[message.pk])
            said = format_html('A test is on its way to {}. <a href="{}">See whether it arrives</a>', hook.name, page)
            self.message_user(request, said, messages.SUCCESS)


@admin.register(HookMessage)
class HookMessageAdmin(admin.ModelAdmin):
    """What hooks were told, and what keeps a message from leaving. Nobody writes or rewords one here."""

    list_display = ["status", "hook", "event", "created_at", "attempts", "error"]
    list_display_links = ["event"]
    list_filter = ["status", "hook", "event", "created_at"]
    list_select_related = ["hook"]
    show_full_result_count = False
    actions = ["send_again"]
    fieldsets = [
        (None, {"fields": ["hook", "event", "text"]}),
        ("Delivery", {"fields": ["status", "attempts", "next_try_at", "last_error", "sent_at", "claimed_at"]}),
        ("Record", {"fields": ["created_at", "key"]}),
    ]
    readonly_fields = ["text"]

    @admin.display(description="last error")
    def error(self, message: HookMessage) -> str:
        return truncatechars(message.last_error, 80)

    @admin.display(description="message")
    def text(self, message: HookMessage) -> SafeString:
        return format_html("<pre>{}</pre>", message.body)

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, chosen: HookMessageQuerySet) -> None:
        number = chosen.count()
        due = hooks.send_again(chosen)
        if due:
            self.message_user(request, f"{due} of {number} chosen messages will be sent in a moment.", messages.SUCCESS)
        if due < number:
            left = f"{number - due} of {number} chosen messages were left alone: they are sent, or being sent."
            self.message_user(request, left, messages.WARNING)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_hookmessage")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _message: HookMessage | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _message: HookMessage | None = None) -> bool:
        return False

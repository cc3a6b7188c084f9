"""Administrators define hooks, try them out and see what became of every message; what is secret is never shown."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from notifications import tasks
from notifications.models import Hook, HookMessage, MailStatus
from tests.notifications.test_hooks import SECRET, a_hook, happens, the_message

pytestmark = pytest.mark.django_db
HOOKS = reverse("admin:notifications_hook_changelist")
MESSAGES = reverse("admin:notifications_hookmessage_changelist")
ADD = reverse("admin:notifications_hook_add")


def page_of(hook: Hook) -> str:
    return reverse("admin:notifications_hook_change", args=[hook.pk])


def form(**fields: object) -> dict[str, object]:
    return {
        "name": "Chat",
        "format": "vedette",
        "events": ["results_published"],
        "active": "on",
        "for_everybody": "on",
        **fields,
    }


def test_a_hook_is_defined(admin_client, receiver, team):
    sent = form(new_address=receiver.address, new_secret=SECRET, for_everybody="", teams=[team.pk])
    assert admin_client.post(ADD, sent).status_code == 302
    hook = Hook.objects.get()
    assert (hook.address, hook.secret, list(hook.teams.all())) == (receiver.address, SECRET, [team])
    assert hook.events == ["results_published"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"new_address": ""}, "This field is required."),
        ({"new_address": "http://chat.example.test/x"}, "Only https is used, except with hosts in HOOK_HOSTS."),
        ({"new_secret": "short"}, "at least 16 characters"),
        ({"events": []}, "This field is required."),
        ({"events": ["digest"]}, "Select a valid choice."),
        ({"for_everybody": ""}, "Choose the teams, or “for everybody”: one of the two."),
    ],
)
def test_what_cannot_be_used_is_refused(admin_client, receiver, wrong, said):
    answer = admin_client.post(ADD, form(**{"new_address": receiver.address, "new_secret": "", **wrong}))
    assert said in answer.content.decode()
    assert not Hook.objects.exists()


def test_address_and_secret_are_never_shown(admin_client, receiver):
    hook = a_hook(receiver)
    for page in (HOOKS, page_of(hook), reverse("admin:notifications_hook_history", args=[hook.pk])):
        text = admin_client.get(page).content.decode()
        assert "token-that-is-secret" not in text
        assert SECRET not in text
    assert f"http://{receiver.host}/…" in admin_client.get(HOOKS).content.decode()


def test_what_is_typed_is_not_shown_again_when_something_else_is_wrong(admin_client, receiver):
    answer = admin_client.post(ADD, form(new_address=receiver.address, new_secret=SECRET, events=[]))
    assert "token-that-is-secret" not in answer.content.decode()
    assert SECRET not in answer.content.decode()


def test_left_empty_they_stay_and_the_secret_can_be_erased(admin_client, receiver):
    hook = a_hook(receiver)
    admin_client.post(page_of(hook), form(name="Renamed", new_address="", new_secret=""))
    hook.refresh_from_db()
    assert (hook.name, hook.address, hook.secret) == ("Renamed", receiver.address, SECRET)
    admin_client.post(page_of(hook), form(erase_secret="on"))
    hook.refresh_from_db()
    assert (hook.address, hook.secret) == (receiver.address, "")


def test_a_test_is_sent_also_to_a_hook_that_is_off(admin_client, receiver):
    hook = a_hook(receiver, active=False)
    page = admin_client.post(HOOKS, {"action": "send_test", "_selected_action": [hook.pk]}, follow=True)
    assert "A test is on its way to Chat." in page.content.decode()
    assert (
        f'href="{reverse("admin:notifications_hookmessage_change", args=[the_message().pk])}"' in page.content.decode()
    )
    tasks.tell_hooks_due()
    assert the_message().status == MailStatus.SENT
    assert b'"event": "test"' in receiver.heard[0].body


def test_a_message_that_was_given_up_is_seen_and_sent_again(admin_client, receiver):
    receiver.answers = [410]
    a_hook(receiver)
    happens()
    tasks.tell_hooks_due()
    page = admin_client.get(MESSAGES, {"status__exact": "failed"}).content.decode()
    assert "410 heard" in page
    admin_client.post(MESSAGES, {"action": "send_again", "_selected_action": [the_message().pk]})
    tasks.tell_hooks_due()
    assert the_message().status == MailStatus.SENT
    answer = admin_client.post(MESSAGES, {"action": "send_again", "_selected_action": [the_message().pk]}, follow=True)
    assert "left alone" in answer.content.decode()


def test_what_a_hook_answers_is_text(admin_client, receiver):
    from tests.notifications.receiver import plain

    receiver.answers = [plain(400, b"<script>alert(1)</script>\n\x1b[2J")]
    a_hook(receiver)
    happens(analysis_name="<script>alert(2)</script>")
    tasks.tell_hooks_due()
    page = admin_client.get(reverse("admin:notifications_hookmessage_change", args=[the_message().pk])).content.decode()
    assert "<script>alert" not in page
    assert "400 &lt;script&gt;alert(1)&lt;/script&gt; [2J" in page


def test_nobody_writes_or_deletes_a_message(admin_client, receiver):
    a_hook(receiver)
    happens()
    assert admin_client.get(reverse("admin:notifications_hookmessage_add")).status_code == 403
    for verb in ("change", "delete"):
        page = reverse(f"admin:notifications_hookmessage_{verb}", args=[the_message().pk])
        assert admin_client.post(page, {"body": "x", "post": "yes"}).status_code == 403


def test_staff_that_may_only_look_neither_tries_nor_sends_again(client, receiver, charlie):
    hook = a_hook(receiver)
    happens()
    HookMessage.objects.update(status=MailStatus.FAILED)
    charlie.is_staff = True
    charlie.save()
    charlie.user_permissions.add(*Permission.objects.filter(codename__in=["view_hook", "view_hookmessage"]))
    client.force_login(charlie)
    client.post(HOOKS, {"action": "send_test", "_selected_action": [hook.pk]})
    client.post(MESSAGES, {"action": "send_again", "_selected_action": [the_message().pk]})
    assert the_message().status == MailStatus.FAILED


def test_only_superusers_add_change_and_delete_hooks(client, alice, receiver):
    hook = a_hook(receiver)
    alice.is_staff = True
    alice.save()
    alice.user_permissions.set(Permission.objects.filter(content_type__model="hook"))
    client.force_login(alice)
    assert client.get(page_of(hook)).status_code == 200
    delete = reverse("admin:notifications_hook_delete", args=[hook.pk])
    for page in (ADD, page_of(hook), delete):
        assert client.post(page, form(name="Mine", new_address=receiver.address, post="yes")).status_code == 403
    client.post(HOOKS, {"action": "send_test", "_selected_action": [hook.pk]})
    assert not HookMessage.objects.exists()
    assert Hook.objects.get().name == "Chat"

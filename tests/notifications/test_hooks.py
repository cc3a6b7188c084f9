"""Web hooks are told what mails tell, once each, signed, with nothing secret, and tried again like mails."""

import hashlib
import hmac
import json
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from notifications import attempts, hook_connection, hook_delivery, hooks, tasks
from notifications.kinds import KINDS
from notifications.models import MAX_ATTEMPTS, Hook, HookFormat, HookMessage, MailStatus
from tests.notifications.conftest import PRESCAN
from tests.notifications.receiver import Receiver, plain
from tests.notifications.test_wording import PUBLISHED

pytestmark = pytest.mark.django_db
SECRET = "a secret of both sides"


def a_hook(receiver: Receiver, *teams: Group, **facts) -> Hook:
    every = [kind.event for kind in KINDS]
    fields = {
        "for_everybody": not teams,
        "name": "Chat",
        "address": receiver.address,
        "secret": SECRET,
        "events": every,
        **facts,
    }
    hook = Hook.objects.create(**fields)
    hook.teams.set(teams)
    return hook


def happens(event: str = "results_published", about: str = "1", teams=None, **facts) -> int:
    seen_by = Group.objects.none() if teams is None else teams
    with transaction.atomic():
        return hooks.enqueue(event, about, teams=seen_by, context={**PUBLISHED, **facts})


def the_message() -> HookMessage:
    return HookMessage.objects.get()


def make_due() -> None:
    HookMessage.objects.update(next_try_at=timezone.now())


@pytest.mark.parametrize("format", HookFormat.values)
def test_messages_of_every_format_are_signed(receiver, format):
    a_hook(receiver, format=format)
    happens()
    tasks.tell_hook(the_message().pk)
    (heard,) = receiver.heard
    signed = heard.headers["Vedette-Timestamp"].encode() + b"." + heard.body
    expected = "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert heard.headers["Vedette-Signature"] == expected


@pytest.mark.parametrize("format", HookFormat.values)
def test_without_details_a_hook_is_told_the_kind_and_a_link_only(receiver, format, settings):
    settings.NOTIFY_WITHOUT_DETAILS = True
    a_hook(receiver, format=format)
    happens(analysis_name="s3cret", status="s3cret", severities=[("critical", 777)], occurrence_number=777)
    told = json.loads(the_message().body)
    told.pop("at", None)
    assert "s3cret" not in str(told)
    assert "777" not in str(told)
    assert "Results published" in str(told)
    assert "https://vedette.example.test/analyses/7/results/" in str(told)
    blocks = [block for one in told.get("attachments", ()) for block in one["content"]["body"]]
    assert [block["type"] for block in blocks] == (["TextBlock"] if blocks else [])  # nothing empty: it is refused


def test_a_hook_is_told_and_can_check_who_told_it(receiver):
    a_hook(receiver)
    happens()
    tasks.tell_hook(the_message().pk)
    (heard,) = receiver.heard
    assert heard.path == "/services/T0/token-that-is-secret"
    assert heard.headers["Content-Type"] == "application/json"
    assert heard.headers["Host"] == receiver.host
    signed = heard.headers["Vedette-Timestamp"].encode() + b"." + heard.body
    expected = "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert heard.headers["Vedette-Signature"] == expected
    assert json.loads(heard.body) == {
        "event": "results_published",
        "title": "Results published",
        "analysis": "Shop",
        "run": 2,
        "status": "Completed - Results Available",
        "counts": {"critical": 1, "high": 2, "medium": 0, "low": 0, "info": 0},
        "link": "https://vedette.example.test/analyses/7/results/",
        "at": json.loads(heard.body)["at"],
    }
    assert the_message().status == MailStatus.SENT


def test_the_recipe_in_the_docs_checks_a_signature(receiver, settings):
    text = (settings.BASE_DIR / "docs" / "notifications.md").read_text()
    recipe = text[text.index("import hashlib") :].partition("```")[0]
    scope: dict = {}
    exec(recipe, scope)
    a_hook(receiver)
    happens()
    tasks.tell_hook(the_message().pk)
    (heard,) = receiver.heard
    assert scope["is_from_vedette"](SECRET, heard.headers, heard.body)
    assert not scope["is_from_vedette"]("another secret", heard.headers, heard.body)
    assert not scope["is_from_vedette"](SECRET, heard.headers, heard.body + b" ")
    old = {**heard.headers, "Vedette-Timestamp": str(int(heard.headers["Vedette-Timestamp"]) - 600)}
    old["Vedette-Signature"] = hook_connection.signature(SECRET, old["Vedette-Timestamp"], heard.body)
    assert not scope["is_from_vedette"](SECRET, old, heard.body)


def test_without_a_secret_nothing_is_signed(receiver):
    a_hook(receiver, secret="")
    happens()
    tasks.tell_hook(the_message().pk)
    assert "Vedette-Signature" not in receiver.heard[0].headers


@pytest.mark.parametrize("format", HookFormat.values)
@pytest.mark.parametrize("event", ["prescan_failed", "results_held", "results_published"])
def test_nothing_leaves_but_name_status_counts_and_link(receiver, format, event):
    """Not the addresses of targets, no causes and advice, and no counts of results that wait for review."""
    a_hook(receiver, format=format)
    secret = {"url": "https://target.test/", "status": "s3cret", "cause": "s3cret", "advice": "s3cret"}
    facts = {**PRESCAN, "scans": [secret], "why_partial": "s3cret", "total": 987654}
    if event != "results_published":
        facts["severities"] = ()
    happens(event, **facts)
    body = the_message().body
    for word in ("target.test", "s3cret", "987654", "token-that-is-secret"):
        assert word not in body
    assert "Shop" in body


def test_slack_gets_blocks_in_which_names_are_no_markup(receiver):
    a_hook(receiver, format=HookFormat.SLACK)
    happens(analysis_name="<!channel> *x* <https://evil.test|y>" + "z" * 500)
    body = json.loads(the_message().body)
    assert body["text"].startswith("Results published: &lt;!channel&gt; *x* &lt;https")
    header, section, button = body["blocks"]
    assert header["type"] == "header"
    assert header["text"]["type"] == "plain_text"
    assert header["text"]["emoji"] is False
    assert len(header["text"]["text"]) <= 150
    assert section["text"] == {
        "type": "plain_text",
        "text": "Status: Completed - Results Available\nFindings: 1 critical, 2 high",
        "emoji": False,
    }
    assert button["elements"][0]["url"] == "https://vedette.example.test/analyses/7/results/"
    assert "mrkdwn" not in the_message().body


def test_teams_gets_an_adaptive_card_in_which_names_are_no_markup(receiver):
    name = "[click](https://evil.test) **x**"
    a_hook(receiver, format=HookFormat.TEAMS)
    happens(analysis_name=name)
    body = json.loads(the_message().body)
    (attachment,) = body["attachments"]
    assert body["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    title, named, facts = attachment["content"]["body"]
    assert title["text"] == "Results published"
    assert named == {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": name}]}
    assert facts["facts"][1] == {"title": "Findings", "value": "1 critical, 2 high"}
    assert attachment["content"]["actions"][0]["url"] == "https://vedette.example.test/analyses/7/results/"


def test_an_event_that_is_told_twice_and_rung_for_twice_is_heard_once(receiver):
    a_hook(receiver)
    happens()
    happens()
    for _ring in range(2):
        tasks.tell_hook(the_message().pk)
        tasks.tell_hooks_due()
    assert len(receiver.heard) == 1


def test_each_attempt_has_the_same_idempotency_key_and_each_message_another(receiver):
    a_hook(receiver)
    receiver.answers = [503, 200]
    happens()
    tasks.tell_hooks_due()
    make_due()
    tasks.tell_hooks_due()
    happens(about="2")
    tasks.tell_hooks_due()
    first, again, other = (heard.headers["Idempotency-Key"] for heard in receiver.heard)
    assert first == again != other


def test_a_change_that_is_rolled_back_tells_no_hook(receiver):
    a_hook(receiver)
    with transaction.atomic():
        assert hooks.enqueue("results_published", "1", teams=Group.objects.none(), context=PUBLISHED) == 1
        transaction.set_rollback(True)
    assert not HookMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_message_without_a_change_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        hooks.enqueue("results_published", "1", teams=Group.objects.none(), context=PUBLISHED)


def test_a_hook_is_told_of_its_kinds_only_and_not_while_it_is_off(receiver):
    a_hook(receiver, events=["prescan_failed"])
    a_hook(receiver, name="Off", active=False)
    assert happens() == 0
    assert happens("prescan_failed") == 1


def test_a_hook_of_a_team_is_told_of_what_that_team_sees(receiver, team):
    other = Group.objects.create(name="Other team")
    a_hook(receiver, team)
    assert happens(teams=Group.objects.filter(pk=other.pk)) == 0
    assert happens(teams=Group.objects.filter(pk=team.pk)) == 1


def test_a_hook_whose_last_team_is_gone_is_told_of_nothing(receiver, team):
    a_hook(receiver, team)
    team.delete()
    assert happens(teams=Group.objects.all()) == 0


@pytest.mark.parametrize(("shared", "heard"), [(True, 1), (False, 0)])
def test_a_published_analysis_is_told_to_the_hooks_of_its_teams(receiver, alice, team, shared, heard):
    from tests.scene import published

    bank = Group.objects.create(name="Bank team")
    a_hook(receiver, bank)
    analysis = published(alice, name="Shop")
    HookMessage.objects.all().delete()
    if shared:
        analysis.teams.add(bank)
    from analyses.lifecycle import announcements

    with transaction.atomic():
        announcements.results_published(analysis.occurrences.get())
    assert HookMessage.objects.count() == heard


def test_a_team_of_security_leads_sees_everything(receiver, alice):
    from tests.scene import published

    a_hook(receiver, Group.objects.get(name="Security leads"))
    published(alice, name="Shop")
    assert set(HookMessage.objects.values_list("event", flat=True)) == {"prescan_succeeded", "results_published"}
    assert {json.loads(message.body)["analysis"] for message in HookMessage.objects.all()} == {"Shop"}


def test_many_hooks_cost_no_more_queries_than_few(receiver, team, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in range(12):
        a_hook(receiver, team, name=f"Hook {number}")
        if number in (0, 11):
            with CaptureQueriesContext(connection) as asked:
                happens(about=str(number), teams=Group.objects.all())
            counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_hook_that_is_busy_is_told_later(receiver, status):
    receiver.answers = [status]
    a_hook(receiver)
    happens()
    tasks.tell_hooks_due()
    assert the_message().status == MailStatus.QUEUED
    assert the_message().last_error == f"{status} heard"
    assert the_message().next_try_at - timezone.now() > timedelta(seconds=30)
    make_due()
    tasks.tell_hooks_due()
    assert the_message().status == MailStatus.SENT


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_message_that_is_refused_for_good_fails_at_once_and_says_why(receiver, status):
    receiver.answers = [status]
    a_hook(receiver)
    happens()
    tasks.tell_hooks_due()
    assert the_message().status == MailStatus.FAILED
    assert the_message().last_error == f"{status} heard"


def test_no_redirect_is_followed(receiver):
    receiver.answers = [plain(302, b"", Location=f"http://{receiver.host}/elsewhere")]
    a_hook(receiver)
    happens()
    tasks.tell_hooks_due()
    assert [heard.path for heard in receiver.heard] == ["/services/T0/token-that-is-secret"]
    assert the_message().status == MailStatus.FAILED
    assert the_message().last_error == "302: redirects are not followed"


def test_it_is_given_up_after_the_last_attempt_and_told_again_when_asked(receiver):
    receiver.answers = [500] * MAX_ATTEMPTS
    a_hook(receiver)
    happens()
    for _attempt in range(MAX_ATTEMPTS):
        make_due()
        tasks.tell_hooks_due()
    assert the_message().status == MailStatus.FAILED
    assert hooks.send_again(HookMessage.objects.all()) == 1
    tasks.tell_hooks_due()
    assert the_message().status == MailStatus.SENT


def test_a_message_whose_sender_died_is_sent_when_its_lease_is_over(receiver):
    a_hook(receiver)
    happens()
    assert attempts.claim(HookMessage.objects.all(), the_message().pk)
    tasks.tell_hooks_due()
    assert receiver.heard == []
    make_due()
    tasks.tell_hooks_due()
    assert len(receiver.heard) == 1


def test_one_deaf_hook_does_not_hold_up_the_others(receiver):
    deaf = a_hook(receiver, name="Deaf", address="http://127.0.0.1:9/x")
    a_hook(receiver)
    for number in range(3):
        happens(about=str(number))
    tasks.tell_hooks_due()
    assert len(receiver.heard) == 3
    assert sorted(HookMessage.objects.filter(hook=deaf).values_list("attempts", flat=True)) == [0, 0, 1]


def test_a_hook_that_was_switched_off_meanwhile_is_not_told(receiver):
    hook = a_hook(receiver)
    happens()
    Hook.objects.filter(pk=hook.pk).update(active=False)
    tasks.tell_hooks_due()
    assert receiver.heard == []
    assert the_message().last_error == "The hook is switched off."


def test_address_and_secret_are_stored_encrypted_and_their_keys_can_be_changed(receiver, settings):
    from analyses.rotation import encrypted_columns

    a_hook(receiver)
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, secret FROM notifications_hook")
        stored = str(cursor.fetchone())
    assert "token-that-is-secret" not in stored
    assert SECRET not in stored
    assert dict(encrypted_columns())[Hook] == ["address", "secret"]
    settings.CREDENTIAL_KEYS = ["another"]
    happens()
    tasks.tell_hooks_due()
    assert the_message().status == MailStatus.FAILED
    assert "cannot be read" in the_message().last_error


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_tells_it(receiver):
    a_hook(receiver)
    happens()
    message, start, outcomes = the_message().pk, threading.Barrier(5), []

    def work() -> None:
        try:
            start.wait(timeout=10)
            outcomes.append(hook_delivery.deliver(message))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(start.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(map(str, outcomes)) == ["None"] * 4 + ["True"]
    assert len(receiver.heard) == 1

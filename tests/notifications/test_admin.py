"""Administrators read every mail, send failed ones again, and run nothing by looking at one."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from notifications import tasks
from notifications.models import InternalRecipient, MailStatus, OutgoingMail
from tests.notifications.conftest import tell, the_mail

pytestmark = pytest.mark.django_db
LIST = reverse("admin:notifications_outgoingmail_changelist")


def page_of(mail: OutgoingMail) -> str:
    return reverse("admin:notifications_outgoingmail_change", args=[mail.pk])


def html_of(mail: OutgoingMail) -> str:
    return reverse("admin:notifications_outgoingmail_html", args=[mail.pk])


def send_again(client, *mails: OutgoingMail):
    form = {"action": "send_again", "_selected_action": [mail.pk for mail in mails]}
    return client.post(LIST, form, follow=True)


def test_a_failed_mail_is_listed_with_what_the_server_said(admin_client, alice, sink):
    sink.recipient_answers = ["550 no such person here"]
    tell(alice)
    tasks.deliver(the_mail().pk)
    page = admin_client.get(LIST, {"status__exact": "failed"}).content.decode()
    for shown in ("Failed", "alice@example.test", "Prescan failed: Shop (1 of 1 scan)", "550 no such person here"):
        assert shown in page


def test_a_failed_mail_is_sent_again(admin_client, alice, sink):
    sink.recipient_answers = ["550 no such person here"]
    tell(alice)
    tasks.deliver(the_mail().pk)
    page = send_again(admin_client, the_mail()).content.decode()
    assert "1 of 1 chosen mails" in page
    assert the_mail().status == MailStatus.QUEUED
    tasks.deliver_due()
    assert the_mail().status == MailStatus.SENT
    assert len(sink.mails) == 1


def test_a_mail_that_waits_is_sent_now(admin_client, alice, sink):
    sink.recipient_answers = ["451 later"]
    tell(alice)
    tasks.deliver(the_mail().pk)
    send_again(admin_client, the_mail())
    tasks.deliver_due()
    assert the_mail().status == MailStatus.SENT


def test_a_sent_mail_is_left_alone(admin_client, alice, sink):
    tell(alice)
    tasks.deliver(the_mail().pk)
    page = send_again(admin_client, the_mail()).content.decode()
    assert "left alone" in page
    tasks.deliver_due()
    assert len(sink.mails) == 1


def test_a_mail_is_read_in_the_admin_with_its_text_escaped(admin_client, alice):
    tell(alice, analysis_name="<b>Shop</b>")
    page = admin_client.get(page_of(the_mail())).content.decode()
    assert "&lt;b&gt;Shop&lt;/b&gt;" in page
    assert "<b>Shop</b>" not in page
    assert html_of(the_mail()) in page


def test_the_html_part_is_locked_away_from_the_site(admin_client, alice):
    tell(alice)
    response = admin_client.get(html_of(the_mail()))
    assert response.content.decode() == the_mail().html
    assert set(response["Content-Security-Policy"].split("; ")) == {
        "sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    }
    assert response["X-Content-Type-Options"] == "nosniff"


def test_staff_without_the_permission_reads_and_sends_no_mail(client, alice, charlie):
    tell(alice)
    charlie.is_staff = True
    charlie.save()
    client.force_login(charlie)
    assert client.get(LIST).status_code == 403
    assert client.get(html_of(the_mail())).status_code == 403


def test_staff_that_may_only_read_cannot_send_again(client, alice, charlie):
    tell(alice)
    OutgoingMail.objects.update(status=MailStatus.FAILED)
    charlie.is_staff = True
    charlie.save()
    charlie.user_permissions.add(Permission.objects.get(codename="view_outgoingmail"))
    client.force_login(charlie)
    assert "Send again" not in client.get(LIST).content.decode()
    send_again(client, the_mail())
    assert the_mail().status == MailStatus.FAILED


def test_a_stranger_reads_no_mail(client, alice, charlie):
    tell(alice)
    client.force_login(charlie)
    for address in (LIST, page_of(the_mail()), html_of(the_mail())):
        assert client.get(address).status_code == 302


def test_a_missing_mail_is_not_found(admin_client):
    assert admin_client.get(reverse("admin:notifications_outgoingmail_html", args=[999])).status_code == 404


def test_nobody_writes_rewords_or_deletes_a_mail(admin_client, alice):
    tell(alice)
    page = page_of(the_mail())
    assert admin_client.get(reverse("admin:notifications_outgoingmail_add")).status_code == 403
    assert admin_client.post(page, {"subject": "Other"}).status_code == 403
    assert (
        admin_client.post(reverse("admin:notifications_outgoingmail_delete", args=[the_mail().pk])).status_code == 403
    )
    assert the_mail().subject == "Prescan failed: Shop (1 of 1 scan)"


def test_internal_recipients_are_configured_once_whatever_their_case(admin_client):
    add = reverse("admin:notifications_internalrecipient_add")
    admin_client.post(add, {"address": "appsec@example.test", "note": "the mailing list", "active": "on"})
    page = admin_client.post(add, {"address": "AppSec@example.test", "active": "on"}).content.decode()
    assert "This address is a recipient already." in page
    assert InternalRecipient.objects.get().active

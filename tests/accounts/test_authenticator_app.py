"""A second factor from an authenticator app: set up, asked for, counted, used once; recovery codes; taken away."""

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.management import call_command

from dashboard.accounts import throttle
from tests.accounts.people import OTHER, PASSWORD, Person
from tests.configure.pages import text_of
from tests.scene import let_pass

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ASKED = "/sign-in/second-factor/"
QUARTER = 15 * 60


@pytest.fixture
def phone(person, time_machine) -> Person:
    """Alice with an app, signed out; half a minute later, so that the app shows another code."""
    person.set_up_app()
    person.post("/sign-out/", form="/account/")
    let_pass(time_machine, 60)
    return person


def test_setting_it_up_shows_the_secret_as_a_picture_and_in_letters(person):
    person.confirm()
    page = person.get("/account/app/add/")
    secret = page.context["form"].secret
    assert len(secret) == 32
    assert secret in "".join(text_of(page).split())
    assert re.search(r'<img [^>]*src="data:image/svg\+xml;base64,', page.content.decode())
    assert f"secret={secret}&issuer=Vedette" in page.context["totp_url"]


def test_the_password_is_asked_for_first(person):
    page = person.get("/account/app/add/", follow=True)
    assert page.redirect_chain == [("/account/confirm/?next=%2Faccount%2Fapp%2Fadd%2F", 302)]
    page = person.post("/account/confirm/?next=/account/app/add/", {"password": "wrong"})
    assert "The password is wrong." in text_of(page)
    page = person.post("/account/confirm/?next=/account/app/add/", {"password": PASSWORD})
    assert page.redirect_chain == [("/account/app/add/", 302)]


def test_it_is_asked_for_again_after_ten_minutes(person, time_machine):
    person.confirm()
    let_pass(time_machine, 9 * 60)
    assert person.get("/account/app/add/").status_code == 200
    let_pass(time_machine, 2 * 60)
    assert person.get("/account/app/add/").status_code == 302


def test_a_wrong_code_sets_nothing_up(person):
    person.confirm()
    person.get("/account/app/add/")
    page = person.post("/account/app/add/", {"code": "000"})
    assert "The code is wrong" in text_of(page)
    assert not Authenticator.objects.exists()


def test_signing_in_asks_for_a_code_and_leads_on(phone):
    page = phone.sign_in(then="/calendar/")
    assert page.redirect_chain == [(ASKED, 302)]
    assert not phone.is_signed_in()
    page = phone.give_code(phone.code())
    assert page.redirect_chain == [("/calendar/", 302)]
    assert phone.is_signed_in()


def test_with_the_password_alone_nothing_is_seen(phone):
    phone.sign_in()
    for path in ("/", "/account/", "/account/recovery-codes/", "/admin/", "/calendar/"):
        assert phone.get(path).status_code == 302
    assert phone.get("/", headers={"HX-Request": "true"}).status_code == 401


def test_the_second_step_cannot_be_taken_first(visitor):
    assert visitor.get(ASKED).url == "/sign-in/"


def test_the_session_is_another_one_only_after_the_code(phone):
    phone.sign_in()
    before = phone.browser.cookies["vedette_session"].value
    phone.give_code(phone.code())
    assert phone.browser.cookies["vedette_session"].value != before


def test_the_second_step_can_be_left(phone):
    phone.sign_in()
    page = phone.post("/sign-out/", form=ASKED)
    assert page.redirect_chain == [("/sign-in/", 302)]
    assert phone.get(ASKED).status_code == 302


def test_the_second_step_waits_ten_minutes_and_no_longer(phone, time_machine):
    token = str(phone.sign_in().context["csrf_token"])
    let_pass(time_machine, 601)
    page = phone.browser.post(ASKED, {"code": phone.code(), "csrfmiddlewaretoken": token})
    assert page.url == "/sign-in/"
    assert not phone.is_signed_in()


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(phone, steps):
    phone.sign_in()
    phone.give_code(phone.code(steps))
    assert phone.is_signed_in()


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
def test_and_not_more(phone, steps):
    phone.sign_in()
    phone.give_code(phone.code(steps))
    assert not phone.is_signed_in()


def test_the_code_that_was_shown_to_set_it_up_is_used_up(person):
    seen = person.set_up_app() and person.code()
    thief = Person(person.user)
    thief.sign_in()
    thief.give_code(seen)
    assert not thief.is_signed_in()
    thief.give_code(person.code(1))
    assert thief.is_signed_in()


@pytest.mark.parametrize("earlier", [0, -1])
def test_a_code_that_was_seen_over_the_shoulder_is_used_up(phone, earlier):
    """And so are those before it; whichever process they are shown to."""
    seen = phone.code(), phone.code(earlier)
    phone.sign_in()
    phone.give_code(seen[0])
    thief = Person(phone.user)
    thief.sign_in()
    page = thief.give_code(seen[1])
    assert "The code is wrong, or has been used before." in text_of(page)
    assert not thief.is_signed_in()


def test_codes_are_tried_five_times_in_a_quarter_of_an_hour_wherever_from(phone, time_machine):
    answers = []
    for number in range(8):
        thief = Person(phone.user, REMOTE_ADDR=f"203.0.113.{number}")
        thief.sign_in()
        answers.append(thief.give_code("000").status_code)
    assert answers == [200] * 4 + [429] * 4
    phone.sign_in()
    assert phone.give_code(phone.code()).status_code == 429
    assert not phone.is_signed_in()
    let_pass(time_machine, QUARTER + 1)
    phone.sign_in()
    phone.give_code(phone.code())
    assert phone.is_signed_in()


def test_200_codes_tried_at_once_are_looked_at_five_times(phone, monkeypatch):
    looked_at = []
    real = throttle.code_was_wrong
    monkeypatch.setattr(throttle, "code_was_wrong", lambda *args: looked_at.append(args) or real(*args))
    phone.sign_in()
    for number in range(40):
        page = phone.browser.get(ASKED)
        sent = {"code": f"{number:06}", "csrfmiddlewaretoken": str(page.context["csrf_token"])}
        phone.browser.post(ASKED, sent)
    assert len(looked_at) <= 5


def test_wrong_codes_do_not_keep_the_password_from_being_tried(phone):
    """Who knows only the name cannot lock the second step, and who has the password cannot lock the first."""
    for _ in range(6):
        Person(phone.user).sign_in("wrong")
    elsewhere = Person(phone.user, REMOTE_ADDR="203.0.113.1")
    elsewhere.secret = phone.secret
    elsewhere.sign_in()
    elsewhere.give_code(phone.code())
    assert elsewhere.is_signed_in()


@pytest.mark.parametrize("code", ["", "x" * 10_000, "\x00", "１２３４５６", "' OR 1=1", "-1"])
def test_whatever_is_typed_as_a_code_is_answered(phone, code):
    phone.sign_in()
    assert phone.give_code(code).status_code == 200
    assert not phone.is_signed_in()


def test_secrets_are_encrypted_in_the_database(phone, settings):
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert phone.secret not in stored
    assert not [code for code in phone.recovery_codes() if code in stored]
    settings.CREDENTIAL_KEYS = ["another key"]
    with pytest.raises(InvalidToken):
        phone.recovery_codes()
    settings.CREDENTIAL_KEYS = ["another key", *_keys()]
    assert len(phone.recovery_codes()) == 10


def _keys() -> list[str]:
    from dashboard import settings as product

    return product.CREDENTIAL_KEYS


def test_their_keys_can_be_changed(phone, settings, capsys):
    codes = phone.recovery_codes()
    settings.CREDENTIAL_KEYS = ["a new key", *_keys()]
    call_command("rotate_keys")
    assert "Second factors: 2 encrypted anew." in capsys.readouterr().out
    settings.CREDENTIAL_KEYS = ["a new key"]
    assert phone.recovery_codes() == codes
    phone.sign_in()
    phone.give_code(phone.code())
    assert phone.is_signed_in()
    settings.CREDENTIAL_KEYS = ["yet another"]
    with pytest.raises(SystemExit):
        call_command("rotate_keys")
    assert "Not readable with any key" in capsys.readouterr().out
    other = Person(phone.user)
    other.sign_in()
    assert other.give_code("123456").status_code == 200  # no code is right any more, and none is an error


class TestRecoveryCodes:
    def test_they_are_shown_when_the_app_is_set_up_and_can_be_downloaded(self, person):
        page = person.set_up_app()
        assert page.redirect_chain == [("/account/recovery-codes/", 302)]
        codes = person.recovery_codes()
        assert len(codes) == 10
        assert all(code in text_of(page) for code in codes)
        file = person.get("/account/recovery-codes/file/")
        assert file.content.decode().split() == codes
        assert file["Content-Disposition"].startswith("attachment")
        assert "no-store" in file["Cache-Control"]

    def test_each_signs_in_once(self, phone):
        code = phone.recovery_codes()[3]
        phone.sign_in()
        phone.give_code(code)
        assert phone.is_signed_in()
        again = Person(phone.user)
        again.sign_in()
        again.give_code(code)
        assert not again.is_signed_in()
        assert len(phone.recovery_codes()) == 9

    def test_new_ones_make_the_old_ones_worthless(self, person):
        person.set_up_app()
        old = person.recovery_codes()
        page = person.post("/account/recovery-codes/new/")
        new = person.recovery_codes()
        assert all(code in text_of(page) for code in new)
        assert set(old).isdisjoint(new)

    def test_to_see_them_one_has_to_confirm(self, phone, time_machine):
        phone.sign_in()
        phone.give_code(phone.code())
        for path in ("/account/recovery-codes/", "/account/recovery-codes/file/", "/account/recovery-codes/new/"):
            assert phone.get(path).url.startswith("/account/confirm/code/")
        let_pass(time_machine, 60)
        phone.post("/account/confirm/code/", {"code": phone.code()})
        assert phone.get("/account/recovery-codes/").status_code == 200

    def test_without_a_second_factor_there_are_none(self, person):
        person.confirm()
        assert person.get("/account/recovery-codes/").status_code == 404
        page = person.post("/account/recovery-codes/new/")
        assert "without having two-factor authentication" in text_of(page)


class TestTakingItAway:
    def test_its_person_takes_it_away_and_the_recovery_codes_with_it(self, person):
        person.set_up_app()
        page = person.post("/account/app/remove/")
        assert "Authenticator app deactivated." in text_of(page)
        assert not Authenticator.objects.exists()

    def test_the_password_is_not_enough_for_it(self, phone, time_machine):
        """Somebody who has found a browser open, and knows the password."""
        phone.sign_in()
        phone.give_code(phone.code())
        page = phone.get("/account/app/remove/", follow=True)
        assert page.redirect_chain[0][0].startswith("/account/confirm/code/")
        assert phone.get("/account/confirm/").url.startswith("/account/confirm/code/")
        assert phone.get("/account/app/remove/").status_code == 302
        let_pass(time_machine, 60)
        phone.post("/account/confirm/code/", {"code": phone.code()})
        assert phone.get("/account/app/remove/").status_code == 200

    def test_codes_to_confirm_are_counted_too(self, phone, time_machine):
        phone.sign_in()
        phone.give_code(phone.code())
        answers = [phone.post("/account/confirm/code/", {"code": "000"}).status_code for _ in range(7)]
        assert answers == [200] * 4 + [429] * 3

    def test_an_administrator_takes_it_away_and_sees_no_secret(self, phone, client, admin_user):
        client.force_login(admin_user)
        app = Authenticator.objects.get(type="totp")
        page = client.get(f"/admin/mfa/authenticator/{app.pk}/change/")
        assert page.status_code == 200
        assert app.data["secret"] not in page.content.decode()
        for authenticator in Authenticator.objects.all():
            client.post(f"/admin/mfa/authenticator/{authenticator.pk}/delete/", {"post": "yes"})
        phone.sign_in()
        assert phone.is_signed_in()


def test_a_password_change_asks_for_the_password_also_of_somebody_with_an_app(phone):
    phone.sign_in()
    phone.give_code(phone.code())
    page = phone.post("/account/password/", {"oldpassword": "wrong", "password1": OTHER, "password2": OTHER})
    assert "The password is wrong." in text_of(page)


def test_what_was_typed_before_the_session_ended_outlives_the_second_step(phone):
    phone.sign_in()
    phone.give_code(phone.code())
    page = phone.get("/analyses/new/").content.decode()
    [typed_by] = re.findall(r'name="typed_by" value="([^"]+)"', page)
    [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    phone.browser.session.delete()
    sent = {"name": "Typed", "typed_by": typed_by, "csrfmiddlewaretoken": token, "then": "save"}
    page = phone.browser.post("/analyses/new/", sent, follow=True)
    assert "what you had typed is shown again" in text_of(page)
    phone.sign_in(then="/analyses/new/")
    page = phone.give_code(phone.code(1))
    assert 'value="Typed"' in page.content.decode()

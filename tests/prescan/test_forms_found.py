"""Finding the sign-in form in pages of all kinds."""

import time

import pytest

from analyses.prescan.forms_found import asks_to_sign_in, code_form, leads_on, name_form, sign_in_form, visible_text


def filled(html: str) -> dict[str, str]:
    form = sign_in_form(html)
    assert form is not None
    return dict(form.filled("alice", "secret"))


def test_the_form_with_one_password_is_preferred_to_one_for_new_accounts():
    html = """<form action=/join><input name=mail><input type=password name=a><input type=password name=b></form>
              <form action=/login method=POST><input name=user><input type=password name=pass></form>"""
    form = sign_in_form(html)
    assert (form.action, form.method) == ("/login", "post")
    assert filled(html) == {"user": "alice", "pass": "secret"}


@pytest.mark.parametrize(
    ("inputs", "user_field"),
    [
        ("<input name=q><input name=email type=email>", "email"),
        ("<input name=tenant><input name=login>", "login"),
        ("<input name=a><input name=b>", "b"),
        ("<input name=code autocomplete=username><input name=username>", "code"),
        ("<input name=x placeholder='E-mail address'><input name=y>", "x"),
        ("<input type=hidden name=user value=7>", ""),
        ("<input name=user disabled><input name=who>", "who"),
    ],
)
def test_the_user_name_goes_into_the_likeliest_field_before_the_password(inputs, user_field):
    form = sign_in_form(f"<form>{inputs}<input type=password name=p><input name=captcha></form>")
    assert form.user_field == user_field


def test_fields_are_sent_as_a_browser_would():
    html = """<form method=post>
      <input type=hidden name=token value="a&amp;b"><input name=user><input type=PASSWORD name=pass value=old>
      <input type=checkbox name=off value=1><input type=checkbox name=on checked>
      <select name=lang><option value=de>D<option value=en selected>E<option value=fr>F</select>
      <select name=area><option value=1>1<option value=2>2</select>
      <input type=file name=photo><input type=reset name=r><input type=submit disabled name=no>
      <button type=button name=help>?</button><button name=go value=1>Go</button><input type=submit name=other>
      <textarea name=note></textarea></form>"""
    assert filled(html) == {
        "token": "a&b", "user": "alice", "pass": "secret", "on": "on", "lang": "en", "area": "1", "go": "1", "note": "",
    }  # fmt: skip


def test_a_field_may_belong_to_a_form_by_its_id():
    html = "<form id=f action=/in></form><input form=f name=user><input form=f type=password name=p>"
    assert filled(html) == {"user": "alice", "p": "secret"}


@pytest.mark.parametrize(
    "html",
    [
        "<form><input name=user></form>",
        "<input type=password name=p>",
        "<!-- <form><input type=password name=p></form> -->",
        "<script>'<form><input type=password name=p></form>'</script>",
        "<template><form><input type=password name=p></form></template>",
        "<form><input type=password></form>",
        "",
    ],
)
def test_what_is_no_sign_in_form_is_not_taken_for_one(html):
    assert not asks_to_sign_in(html)


def test_a_page_to_change_the_password_does_not_ask_to_sign_in():
    assert not asks_to_sign_in("<form>" + "<input type=password name=p>" * 3 + "</form>")


def test_a_page_that_ends_in_the_middle_of_a_form_still_counts():
    assert filled("<form><input name=user><input type=password name=p><inp") == {"user": "alice", "p": "secret"}


def test_a_broken_declaration_hides_nothing_before_it():
    assert asks_to_sign_in("<form><input type=password name=p></form><![nonsense]>")


@pytest.mark.parametrize(
    "piece", ["<", "<a ", "<a x=", "<a/", "<!--", "</", "<a", "<![CDATA[", "<form><input ", "<p><", "<a b='", "&", "<>"]
)
def test_a_hostile_page_is_read_in_time_in_proportion_to_its_length(piece):
    page = (piece * 1_000_000)[:1_000_000]
    started = time.process_time()
    sign_in_form(page)
    visible_text(page)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("field", "is_asked_for"),
    [
        ("name=x autocomplete='one-time-code'", True),
        ("name=x autocomplete='section-a one-time-code webauthn'", True),
        ("name=otp_token", True),
        ("name=x placeholder='Verification code'", True),
        ("name=totp type=password", True),
        ("name=pin type=tel", False),
        ("name=x inputmode=numeric", False),
        ("name=captcha_code", False),
        ("name=coupon_code", False),
        ("name=csrf_token", False),
        ("name=otp type=hidden", False),
        ("name=q", False),
    ],
)
def test_a_page_asks_for_a_one_time_code_beyond_doubt_or_not_at_all(field, is_asked_for):
    assert (code_form(f"<form method=post><input {field}></form>") is not None) is is_asked_for
    assert code_form(f"<form method=post><input type=password name=p><input {field}></form>") is None


@pytest.mark.parametrize("field", ["name=pin type=tel", "name=x inputmode=numeric", "name=token", "name=otp"])
def test_beside_the_password_a_field_that_may_be_for_the_code_gets_it(field):
    form = sign_in_form(f"<form><input name=user><input type=password name=pass><input {field}></form>")
    assert form.filled("alice", "secret", "123456")[2][1] == "123456"
    assert form.filled("alice", "secret")[2][1] == ""


def test_a_user_name_is_not_taken_for_a_code():
    html = "<form><input name=code autocomplete=username><input type=password name=pass><input name=otp></form>"
    assert dict(sign_in_form(html).filled("alice", "secret", "123456")) == {
        "code": "alice", "pass": "secret", "otp": "123456",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("form", "is_for_a_name"),
    [
        ("<form method=post action=/login><input name=email type=email></form>", True),
        ("<form method=post><input name=x autocomplete='username webauthn'></form>", True),
        ("<form method=post id=signin><input name=identifier placeholder='User name'></form>", True),
        ("<form method=post action=/newsletter><input name=email type=email></form>", False),
        ("<form method=post action=/forgot-login><input name=user></form>", False),
        ("<form method=get action=/login><input name=user></form>", False),
        ("<form method=post action=/search><input name=user></form>", False),
        ("<form method=post><input name=email type=email></form>", False),
    ],
)
def test_only_a_form_to_sign_in_is_given_the_name_alone(form, is_for_a_name):
    assert (name_form(form) is not None) is is_for_a_name


@pytest.mark.parametrize(
    ("content", "to"),
    [
        ("0; url=/login", "/login"),
        ("3;URL='/login'", "/login"),
        ('0,url="/login"', "/login"),
        ("30", ""),
        ("url=/login", ""),
    ],
)
def test_a_page_that_leads_on_says_where(content, to):
    assert leads_on(f"<meta http-equiv=REFRESH content='{content}'>".replace("'/login'", "&#39;/login&#39;")) == to


def test_the_button_that_is_pressed_has_its_say():
    form = sign_in_form(
        "<form action=/a><input type=password name=p><button formaction=/b formmethod=post>Go</button></form>"
    )
    assert (form.action, form.method) == ("/b", "post")


def test_the_text_a_person_sees_has_no_tags():
    assert visible_text("<h1>Welcome,\n<b>Alice</b></h1> &amp; <i>Bob") == "Welcome, Alice & Bob"

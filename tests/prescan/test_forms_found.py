"""Finding the sign-in form in pages of all kinds."""

import time

import pytest

from analyses.prescan.forms_found import asks_to_sign_in, sign_in_form, visible_text


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


def test_the_text_a_person_sees_has_no_tags():
    assert visible_text("<h1>Welcome,\n<b>Alice</b></h1> &amp; <i>Bob") == "Welcome, Alice & Bob"

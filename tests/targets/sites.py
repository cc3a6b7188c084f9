"""Sites that behave in the ways the prescan has to tell apart."""

import base64
import gzip
import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.targets.serving import Answer, Asked, redirect

PAGE = "<!doctype html><title>Shop</title><h1>Shop</h1><a href='/account/'>Account</a>"


def plain(_: Asked) -> Answer:
    return Answer(PAGE)


def always(answer: Answer) -> Callable[[Asked], Answer]:
    return lambda _: answer


def by_path(**answers: Answer) -> Callable[[Asked], Answer]:
    """Answers by the first part of the path; `start` is the start page, and every other is a 404."""
    return lambda asked: answers.get(asked.path.strip("/").split("/")[0] or "start", Answer("Nothing", 404))


def drip(_: Asked) -> Answer:
    """A body that comes one byte at a time and never ends."""

    def pieces() -> Iterator[bytes]:
        while True:
            yield b"a"
            time.sleep(0.05)

    return Answer(pieces())


def endless(_: Asked) -> Answer:
    return Answer(itertools.repeat(b"<p>more</p>" * 5000))


def gzip_bomb(_: Asked) -> Answer:
    return Answer(_BOMB, headers=(("Content-Encoding", "gzip"),))


_BOMB = gzip.compress(b"\0" * 50_000_000)


def basic(username: str, password: str) -> Callable[[Asked], Answer]:
    wanted = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    return header("authorization", wanted, ("WWW-Authenticate", 'Basic realm="shop"'))


def header(name: str, value: str, *challenge: tuple[str, str]) -> Callable[[Asked], Answer]:
    """A site for those who send a header of this name and value."""

    def answer(asked: Asked) -> Answer:
        if asked.headers.get(name.lower()) != value:
            return Answer("Who are you?", 401, challenge)
        return Answer(f"{PAGE}<p>Welcome, alice</p>")

    return answer


@dataclass
class FormSite:
    """A site with a sign-in form, a token against forged requests, and a session in a cookie.

    Its pages lead strangers to /login/; what differs between sites is a field.
    """

    username: str = "alice"
    password: str = "correct horse"
    login_page: str = (
        "<form action='/search' method='get'><input name='q'><button>Search</button></form>"
        "<form action='/newsletter' method='post'><input type='email' name='mail'></form>"
        "<p><a href='/login/?user=guest&pass=guest'>Sign in as a guest</a></p>"
        "<form id='sign-in' method='post' action='{action}' {enctype}>"
        "<input type='hidden' name='token' value='{token}'>"
        "<input name='user' autocomplete='username'><input type='password' name='pass'>"
        "<input type='checkbox' name='remember' value='1'><button name='do' value='sign-in'>Sign in</button></form>"
    )
    wrong: str = "<p class='error'>Wrong user name or password.</p>"
    wrong_shows_form: bool = True
    wrong_status: int = 200
    action: str = "/login/"
    enctype: str = ""
    cookie: str = "Path=/; HttpOnly"
    account: str = "<h1>Welcome, alice</h1><a href='/logout/'>Sign out</a>"
    submitted: list[Asked] = field(default_factory=list)
    _sessions: set[str] = field(default_factory=set)
    _tokens: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/login/":
            return self._sign_in(asked) if self._is_submission(asked) else self._form()
        if asked.cookies.get("session") in self._sessions:
            return Answer(self.account)
        return redirect("/login/")

    def _is_submission(self, asked: Asked) -> bool:
        return asked.method == "POST" or "token" in asked.query

    def _form(self, before: str = "", status: int = 200) -> Answer:
        token = secrets.token_hex(8)
        self._tokens.add(token)
        html = before + self.login_page.format(action=self.action, enctype=self.enctype, token=token)
        return Answer(html, status, (("Set-Cookie", f"csrf={token}; Path=/"),))

    def _sign_in(self, asked: Asked) -> Answer:
        self.submitted.append(asked)
        sent = asked.fields or asked.query
        token = sent.get("token")
        if token not in self._tokens or asked.cookies.get("csrf") != token:
            return Answer("Forged request", 403)
        if (sent.get("user"), sent.get("pass")) != (self.username, self.password):
            return self._form(self.wrong, self.wrong_status) if self.wrong_shows_form else Answer(self.wrong)
        session = secrets.token_hex(8)
        self._sessions.add(session)
        return redirect("/", 302, ("Set-Cookie", f"session={session}; {self.cookie}"))

    def forget_everybody(self, password: str = "") -> None:
        """Sign everybody out, and take another password from now on where one is given."""
        self.password = password or self.password
        self._sessions.clear()

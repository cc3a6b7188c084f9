"""Sites that ask for the parts of a sign-in page by page, and for one-time codes."""

import secrets
import time
from dataclasses import dataclass, field

from analyses.prescan.totp import CodeKey
from tests.targets.serving import Answer, Asked, redirect

NAME = "<input name='user' autocomplete='username webauthn'>"
PASSWORD = "<input type='password' name='pass' autocomplete='current-password'>"
CODE = "<input name='otp' inputmode='numeric' autocomplete='one-time-code'>"
DIGITS = "".join(f"<input name='digit{place}' class='otp' id='otp{place}' maxlength='1'>" for place in range(6))


@dataclass
class Staged:
    """Each stage is a page with a form of some fields; whoever has filled in all of them rightly is signed in.

    Each form carries a token that is valid once and for its stage only.
    """

    stages: tuple[str, ...] = (NAME + PASSWORD,)
    key: CodeKey | None = None
    username: str = "alice"
    password: str = "correct horse"
    most_tries: int = 0  # in a row, before the account is locked; 0: any number
    refused: int = 0  # how many codes are refused although they are right: somebody else has used them
    before: str = "<form action='/newsletter' method='post'><input type='email' name='mail'></form>"
    tries: list[bool] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)  # other forms that were sent
    _tokens: dict[str, int] = field(default_factory=dict)
    _sessions: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/login/":
            return self._step(asked) if asked.method == "POST" else self._page(0)
        if asked.method == "POST":
            self.stray.append(asked.path)
        if asked.cookies.get("session") in self._sessions:
            return Answer("<h1>Welcome, alice</h1>")
        return redirect("/login/")

    def _page(self, stage: int, said: str = "") -> Answer:
        token = secrets.token_hex(8)
        self._tokens[token] = stage
        hidden = f"<input type='hidden' name='token' value='{token}'>"
        form = f"<form method='post' action='/login/'>{hidden}{self.stages[stage]}<button>Go on</button></form>"
        return Answer(f"{self.before}<p>{said}</p>{form}", headers=(("Set-Cookie", f"flow={token}; Path=/"),))

    def _step(self, asked: Asked) -> Answer:
        token = asked.fields.get("token", "")
        stage = self._tokens.pop(token, None)
        if stage is None or asked.cookies.get("flow") != token:
            return Answer("Forged request", 403)
        failures = [*reversed(self.tries), True].index(True)
        if self.most_tries and failures >= self.most_tries:
            return Answer("Your account is locked.", 423)
        if not self._is_right(asked.fields, self.stages[stage]):
            self.tries.append(False)
            return self._page(stage, "That was wrong.")
        if stage + 1 < len(self.stages):
            return self._page(stage + 1)
        self.tries.append(True)
        session = secrets.token_hex(8)
        self._sessions.add(session)
        return redirect("/", 302, ("Set-Cookie", f"session={session}; Path=/"))

    def _is_right(self, sent: dict[str, str], asked_for: str) -> bool:
        if NAME in asked_for and sent.get("user") != self.username:
            return False
        if PASSWORD in asked_for and sent.get("pass") != self.password:
            return False
        if CODE in asked_for:
            return self._takes(sent.get("otp", ""))
        if DIGITS in asked_for:
            return self._takes("".join(sent.get(f"digit{place}", "") for place in range(6)))
        return True

    def _takes(self, code: str) -> bool:
        assert self.key is not None
        now = int(time.time() // self.key.period)
        right = code in [self.key.code(window) for window in (now - 1, now, now + 1)] and code not in self.codes
        self.codes.append(code)
        if self.refused:
            self.refused -= 1
            return False
        return right

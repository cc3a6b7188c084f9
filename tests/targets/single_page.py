"""Applications drawn by scripts, with a sign-in that no form on a page shows."""

import base64
import json
import secrets
import time
from dataclasses import dataclass, field

from analyses.prescan.totp import CodeKey
from tests.targets.serving import Answer, Asked

SEED = b"12345678901234567890"
KEY = base64.b32encode(SEED).decode()

_PAGE = """<!doctype html><title>Shop</title><div id="app">Loading</div><script>
const stored = {stored};
async function ask(path, options = {{}}) {{
  const headers = stored && stored.getItem("token") ? {{Authorization: "Bearer " + stored.getItem("token")}} : {{}};
  return fetch(path, {{...options, headers}});
}}
async function draw() {{
  const me = await ask("/api/me");
  if (me.ok) {{
    const name = (await me.json()).name;
    await ask("/api/news");
    app.innerHTML = `<h1>Welcome, ${{name}}</h1><button id="out">Sign out</button><a href="/about">About</a>`;
    out.onclick = async () => {{
      await ask("/api/sessions/end", {{method: "POST"}}); if (stored) stored.clear(); draw();
    }};
    return;
  }}
  app.innerHTML = `<p id="said"></p><input id="user"><input id="pass" type="password"><input id="code">
    <button id="go">Sign in</button>`;
  go.onclick = async () => {{
    const body = JSON.stringify({{user: user.value, pass: pass.value, code: code.value}});
    const answer = await fetch("/api/sessions", {{method: "POST", body}});
    const told = await answer.json();
    if (!answer.ok) {{ said.textContent = told.problem; return; }}
    if (stored) stored.setItem("token", told.token);
    draw();
  }};
}}
draw();
</script>"""


@dataclass
class SinglePage:
    """One page whatever is asked for, and an interface below /api/ that its scripts use.

    `stored` is where its script keeps a token, such as localStorage; empty: the session is in a cookie.
    """

    stored: str = "localStorage"
    password: str = "correct horse"
    most_tries: int = 0  # in a row, before the account is locked; 0: any number
    key: CodeKey | None = None  # a one-time code is asked for too, and taken once
    ends_session: bool = True  # signing out does
    tries: list[bool] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    _used: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Answer:
        if not asked.path.startswith("/api/"):
            return Answer(_PAGE.format(stored=self.stored or "null"))
        if asked.path == "/api/news":  # for everybody
            return _told({"news": "None"})
        if asked.path == "/api/sessions":
            return self._sign_in(json.loads(asked.body))
        sent = asked.headers.get("authorization", "").removeprefix("Bearer ") if self.stored else ""
        session = sent or asked.cookies.get("session", "")
        if session not in self.sessions:
            return _told({"problem": "Who are you?"}, 401)
        if asked.path == "/api/sessions/end" and self.ends_session:
            self.sessions.discard(session)
        return _told({"name": "alice"})

    def _sign_in(self, given: dict[str, str]) -> Answer:
        failed = [*reversed(self.tries), True].index(True)
        if self.most_tries and failed >= self.most_tries:
            return _told({"problem": "Your account is locked."}, 423)
        right = (given["user"], given["pass"]) == ("alice", self.password) and self._takes(given["code"])
        self.tries.append(right)
        if not right:
            return _told({"problem": "Wrong user name, password or code."}, 401)
        session = secrets.token_hex(12)
        self.sessions.add(session)
        if self.stored:
            return _told({"token": session})
        return _told({}, 200, ("Set-Cookie", f"session={session}; Path=/; HttpOnly"))

    def _takes(self, code: str) -> bool:
        if self.key is None:
            return True
        valid = code in self.key.recent(time.time())[-4:] and code not in self._used
        self._used.add(code)
        return valid


def _told(told: dict[str, str], status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer(json.dumps(told), status, (("Content-Type", "application/json"), *headers))

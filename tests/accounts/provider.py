"""An OpenID provider on this machine that says whatever a test wants it to say of somebody."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import jwt

CLIENT, SECRET = "vedette", "the-clients-secret-that-is-long-enough"


class Provider:
    """What it says: `claims` of whoever signs in. What it was sent: `asked`, the forms for tokens."""

    def __init__(self) -> None:
        self.claims = {"sub": "1001", "email": "alice@example.test", "email_verified": True}
        self.signed = {}  # other claims in the signed answer
        self.audience = CLIENT
        self.asked: list[dict[str, list[str]]] = []
        self.is_broken = False
        self.address = ""

    def answer(self, path: str) -> dict:
        if self.is_broken:
            return {"error": "server_error"}
        if path == "/.well-known/openid-configuration":
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            found = {f"{name}_endpoint": f"{self.address}/{where}" for name, where in names.items()}
            return found | {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        if path == "/token":
            now = int(time.time())
            claims = self.claims | {"iss": self.address, "aud": self.audience, "iat": now, "exp": now + 60}
            token = jwt.encode(claims | self.signed, SECRET, algorithm="HS256")
            return {"access_token": "t", "token_type": "Bearer", "expires_in": 60, "id_token": token}
        return self.claims


@contextmanager
def serving() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(provider.answer(self.path.partition("?")[0])).encode()
            self.send_response(500 if provider.is_broken else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.asked.append(parse_qs(sent))
            self.do_GET()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield provider
    server.shutdown()
    server.server_close()

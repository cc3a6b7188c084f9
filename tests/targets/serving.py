"""Small sites on ephemeral loopback ports, each a function that answers what it is asked."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

HOST = "127.0.0.1"


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    fields: dict[str, str]  # of the form it carries
    certificate: str = ""  # whose certificate the client presented
    body: bytes = b""

    @property
    def cookies(self) -> dict[str, str]:
        return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("cookie", "")).items()}


@dataclass
class Answer:
    body: str | bytes | Iterable[bytes] = ""  # pieces are sent one by one, without a length
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def redirect(location: str, status: int = 302, *headers: tuple[str, str]) -> Answer:
    return Answer(status=status, headers=(("Location", location), *headers))


@dataclass
class Site:
    port: int
    scheme: str = "http"
    host: str = HOST
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/"

    @property
    def spot(self) -> str:
        return f"{self.host}:{self.port}"


@contextlib.contextmanager
def serve(answer: Callable[[Asked], Answer], *, tls: ssl.SSLContext | None = None, host: str = HOST) -> Iterator[Site]:
    """Serve a site until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = _read(self)
            site.asked.append(asked)
            try:
                _write(self, answer(asked))
            except OSError:  # the client has gone, or the site lets go of it
                self.close_connection = True

        do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = do_QUERY = do_GET  # noqa: N815 - their names

        def log_message(self, *_) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request, client_address):
            with contextlib.suppress(OSError):  # a client that goes away, or refuses the certificate
                super().finish_request(tls.wrap_socket(request, server_side=True) if tls else request, client_address)

    server = Server((host, 0), Handler)
    site = Site(server.server_port, "https" if tls else "http", host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def talk(speak: Callable[[socket.socket], None]) -> Iterator[Site]:
    """Accept connections and let `speak` do with each what it likes, until the block ends."""
    listener = socket.create_server((HOST, 0))
    over = threading.Event()

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            speak(connection)

    def accept() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield Site(listener.getsockname()[1])
    finally:
        over.set()
        listener.close()


def closed_port() -> int:
    """A port at which nothing listens."""
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]


def _read(handler: BaseHTTPRequestHandler) -> Asked:
    parts = urlsplit(handler.path)
    body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    kind = handler.headers.get("Content-Type", "")
    if kind.startswith("multipart/form-data"):
        message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        fields = {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True).decode()
            for part in message.get_payload()
        }
    else:
        fields = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    headers = {name.lower(): value for name, value in handler.headers.items()}
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Asked(handler.command, parts.path, query, headers, fields, _certificate(handler.connection), body)


def _certificate(connection: socket.socket) -> str:
    presented = (connection.getpeercert() or {}) if isinstance(connection, ssl.SSLSocket) else {}
    return dict(pair[0] for pair in presented.get("subject", ())).get("commonName", "")


def _write(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    whole = answer.body if isinstance(answer.body, str | bytes) else None
    handler.send_response(answer.status)
    if not any(name.lower() == "content-type" for name, _ in answer.headers):
        handler.send_header("Content-Type", "text/html; charset=utf-8")
    for name, value in answer.headers:
        handler.send_header(name, value)
    if whole is None:
        handler.send_header("Connection", "close")
        handler.end_headers()
        for piece in answer.body:
            handler.wfile.write(piece)
        return
    data = whole.encode() if isinstance(whole, str) else whole
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(data)

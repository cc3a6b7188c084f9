"""Serves the demo shop on this machine, and on no other interface."""

import ipaddress
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from analyses.demo_shop.pages import PASSWORD, USERNAME, Shop
from analyses.demo_shop.web import application

__all__ = ["PASSWORD", "USERNAME", "NotLoopback", "RunningShop", "make_server", "serve"]


class NotLoopback(ValueError):
    """The shop was asked to listen where others could reach it."""


class _Handler(WSGIRequestHandler):
    timeout = 10  # seconds: a visitor who sends nothing does not keep a thread

    def log_message(self, *_args: Any) -> None:
        """Keep quiet: a scan is tens of thousands of requests."""

    def get_stderr(self) -> Any:
        return _Silence()


class _Silence:
    """Swallows the traceback of a visitor who hung up in the middle of an answer."""

    def write(self, _text: str) -> None:
        pass

    def flush(self) -> None:
        pass


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's own asks the name server who 127.0.0.1 is
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]
        self.setup_environ()

    def handle_error(self, *_args: Any) -> None:
        """A visitor who hangs up is none of our business."""


@dataclass(frozen=True)
class RunningShop:
    """Where a shop listens."""

    host: str
    port: int

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}/"


def make_server(port: int = 0, host: str = "127.0.0.1") -> tuple[WSGIServer, RunningShop]:
    """Bind a new shop to a port (0: any free one). Raises NotLoopback, and OSError when the port is taken."""
    if not ipaddress.ip_address(host).is_loopback:
        raise NotLoopback("The demo shop is vulnerable on purpose: it listens on this machine only.")
    server = _Server((host, port), _Handler)
    server.set_app(application(Shop().answer))
    return server, RunningShop(host, server.server_port)


@contextmanager
def serve(port: int = 0) -> Iterator[RunningShop]:
    """Serve a new shop from a thread for as long as the context is open."""
    server, shop = make_server(port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

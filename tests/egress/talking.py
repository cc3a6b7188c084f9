"""Talking to the egress proxy as a program does."""

import base64
import socket

from analyses.egress.proxy import USER, Proxy


class Talk:
    """One connection to a proxy."""

    def __init__(self, proxy: Proxy, password: str | None = None):
        self.proxy = proxy
        known = base64.b64encode(f"{USER}:{proxy.password if password is None else password}".encode()).decode()
        self.credentials = f"Proxy-Authorization: Basic {known}\r\n"
        self.connection = socket.create_connection(("127.0.0.1", proxy.port), 10)

    def ask(self, first_line: str, *headers: str, body: bytes = b"") -> str:
        """Send a request; answers the first line of the answer, empty when there is none."""
        lines = [first_line, "Host: x", *headers]
        self.send(("\r\n".join(lines) + "\r\n" + self.credentials + "\r\n").encode("latin-1") + body)
        return self.answer().partition(b"\r\n")[0].decode()

    def tunnel(self, spot: str) -> int:
        """Ask for a tunnel; answers the status, 0 when the proxy just hangs up."""
        line = self.ask(f"CONNECT {spot} HTTP/1.1")
        return int(line.split()[1]) if line else 0

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(self) -> bytes:
        """Up to the end of the headers, or of the connection."""
        heard = b""
        try:
            while b"\r\n\r\n" not in heard and (more := self.connection.recv(65_536)):
                heard += more
        except ConnectionError:
            pass
        return heard

    def rest(self) -> bytes:
        """All that comes until the connection ends."""
        heard = b""
        try:
            while more := self.connection.recv(65_536):
                heard += more
        except ConnectionError:
            pass
        return heard

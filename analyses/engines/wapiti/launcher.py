"""Runs Wapiti, inside Wapiti's own interpreter. Started by path, it imports nothing of Vedette.

The job is one line of JSON on standard input, so that nothing of it shows on a command line:

    {"arguments": [...], "host": "...", "port": 0, "addresses": [...],
     "authorities": [cafile, capath], "memory": bytes, "file_size": bytes}

Two processes: a small one that only watches, and Wapiti. Standard input stays open as long as somebody wants the
scan. When it closes, because the worker ended or was killed, the watching process ends the group; should that one
be gone, Linux ends Wapiti. Neither depends on Wapiti's own goodwill, which a busy interpreter does not have.
"""

import ctypes
import errno
import functools
import json
import os
import resource
import select
import signal
import socket
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
GUARDED = ("socket.connect", "socket.sendto", "socket.sendmsg")


def main() -> int:
    job = json.loads(sys.stdin.buffer.readline())
    watcher = os.getpid()
    alive, held = os.pipe()  # `held` is open in Wapiti's process only: that `alive` closes tells its end
    engine = os.fork()
    if engine == 0:
        os.close(alive)
        become_engine(job, watcher)
        return 0
    os.close(held)
    return watch(engine, alive)


def watch(engine: int, alive: int) -> int:
    """Wait for Wapiti's end and return its exit code (128 + n for signal n), or end everything with standard input."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent to the group: Wapiti ends, and this process sees it end
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    while alive not in select.select([0, alive], [], [])[0]:
        if not os.read(0, 1024):
            os.killpg(0, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(engine, 0)[1])
    return code if code >= 0 else 128 - code


def become_engine(job: dict[str, Any], watcher: int) -> None:
    """Take on the limits, then be Wapiti until the scan is over."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != watcher:
        os._exit(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the session's cookies
    resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_size"], job["file_size"]))
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    keep_to(job["host"], job["port"], job["addresses"])
    sys.argv = ["wapiti", *job["arguments"]]

    from wapitiCore.main.wapiti import wapiti_asyncio_wrapper  # type: ignore[import-not-found]

    give_up_on_stalled_answers()
    trust_also(*job["authorities"])
    wapiti_asyncio_wrapper()


def keep_to(host: str, port: int, addresses: list[str]) -> None:
    """Let this process connect to one port of one host, and look up no other name.

    With `addresses`, the host has these and no others, whatever its name server says by now.
    """
    look_up = socket.getaddrinfo
    reachable = set(addresses or [host])

    @functools.wraps(look_up)
    def getaddrinfo(name: str | bytes, *rest: Any, **more: Any) -> list[Any]:
        text = name.decode() if isinstance(name, bytes) else str(name)
        if text.rstrip(".").lower() not in {host, *reachable}:
            raise socket.gaierror(socket.EAI_NONAME, "Not the host that is scanned")
        found = [entry for place in addresses or [text] for entry in look_up(place, *rest, **more)]
        reachable.update(str(entry[4][0]) for entry in found)
        return found

    def refuse_others(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in GUARDED:
            return
        place = arguments[1]
        if not (isinstance(place, tuple) and place[0] in reachable and place[1] == port):
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Not the host that is scanned")

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]
    sys.addaudithook(refuse_others)


def give_up_on_stalled_answers() -> None:
    """Bound the wait for an answer: Wapiti before 3.3 waits for ever for a server that stops in the middle."""
    from wapitiCore.net import crawler  # type: ignore[import-not-found]

    made = crawler.AsyncCrawler.__init__

    @functools.wraps(made)
    def bounded(self: Any, base_request: Any, client: Any, timeout: float = 10.0) -> None:
        made(self, base_request, client, timeout)
        self._timeout = crawler.httpx.Timeout(timeout)

    crawler.AsyncCrawler.__init__ = bounded


def trust_also(cafile: str | None, capath: str | None) -> None:
    """Have Wapiti trust the certificate authorities of this machine, besides the public ones it comes with."""
    import httpx

    made = httpx.create_ssl_context

    @functools.wraps(made)
    def trusting(*given: Any, **options: Any) -> Any:
        context = made(*given, **options)
        if cafile or capath:
            context.load_verify_locations(cafile, capath)
        return context

    httpx.create_ssl_context = trusting


if __name__ == "__main__":
    sys.exit(main())

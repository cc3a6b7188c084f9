"""Runs Wapiti, inside Wapiti's own interpreter. Started by path, it imports nothing of Vedette.

The job is one line of JSON on standard input, so that nothing of it shows on a command line:

    {"arguments": [...], "way_out": [port, credentials], "further": [[url, scope], ...], "sending": {...},
     "requests": [{...}, ...], "authorities": [cafile, capath, flags], "memory": bytes,
     "file_size": bytes, "patience": seconds}

Two processes: a small one that only watches, and Wapiti. Standard input stays open as long as somebody wants the
scan. When it closes, because the worker ended or was killed, the watching process ends Wapiti; should that one be
gone, Linux ends Wapiti. Neither depends on Wapiti's own goodwill, which a busy interpreter does not have. Whatever
Wapiti starts becomes the watching process's own when Wapiti ends, wherever it hid, and ends with it.
"""

import ctypes
import errno
import functools
import importlib.util
import json
import os
import resource
import select
import signal
import socket
import sys
import time
import types
from typing import Any
from urllib.parse import urlsplit

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LOOK_SECONDS = 0.1
HERE = "127.0.0.1"
CONNECTING = ("socket.connect", "socket.sendto", "socket.sendmsg")
LOOKING_UP = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")


def main() -> int:
    job = json.loads(sys.stdin.buffer.readline())
    watcher = os.getpid()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    engine = os.fork()
    if engine == 0:
        become_engine(job, watcher)
        return 0
    return watch(engine, job["patience"])


def prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def watch(engine: int, patience: float) -> int:
    """Wait for Wapiti's end and return its exit code (128 + n for signal n), or end it with standard input.

    Whoever wants the scan says so there, again and again. Heard from nobody for `patience` seconds, it is ended: by
    then somebody else may have taken the scan over.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent to the group: Wapiti ends, and this process sees it end
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    code, heard = None, time.monotonic()
    while code is None:
        if select.select([0], [], [], LOOK_SECONDS)[0]:
            if not os.read(0, 1024):
                code = -signal.SIGKILL
            heard = time.monotonic()
        elif time.monotonic() - heard > patience:
            code = -signal.SIGKILL
        if code is None:
            code = ended_children().get(engine)
    while descendants := all_descendants():
        for pid in descendants:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)
        ended_children()
    return code if code >= 0 else 128 - code


def ended_children() -> dict[int, int]:
    """The exit codes of the children that have ended since the last time."""
    codes = {}
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            codes[ended[0]] = os.waitstatus_to_exitcode(ended[1])
    except ChildProcessError:
        pass
    return codes


def all_descendants() -> set[int]:
    """Every process that was started by this one, or by one of those."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
            except OSError:  # it has ended meanwhile
                pass
    found: set[int] = set()
    more = {os.getpid()}
    while more:
        more = {pid for pid, parent in parents.items() if parent in more} - found
        found |= more
    return found


def become_engine(job: dict[str, Any], watcher: int) -> None:
    """Take on the limits, then be Wapiti until the scan is over."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != watcher:
        os._exit(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the session's cookies
    resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_size"], job["file_size"]))
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    port, credentials = job["way_out"]
    keep_to(port)
    sys.argv = ["wapiti", *job["arguments"]]
    spare_the_browser()

    from wapitiCore.main.wapiti import wapiti_asyncio_wrapper  # type: ignore[import-not-found]

    give_up_on_stalled_answers()
    leave_no_page_out()
    go_on_to(job["further"])
    trust_as_told(*job["authorities"])
    beside("sending").send_as_told(job["sending"], port, credentials)
    if job["requests"]:
        beside("asking").ask_only_for(job["requests"])
    wapiti_asyncio_wrapper()


def beside(name: str) -> Any:
    """The module of this name in this folder, which no import leads to."""
    file = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"vedette_{name}", file)
    assert spec  # noqa: S101 - both are there for a Python file
    assert spec.loader  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def keep_to(port: int) -> None:
    """Let this process connect to this port of this machine, where the egress proxy is, and look up no name.

    The proxy decides what is reached. This only sees to it that nothing goes past it, also when it is gone.
    """

    def refuse_others(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CONNECTING:
            # Newer Pythons go on sending by sendmsg() without an address: to where has been judged at connecting.
            if arguments[1] != (HERE, port) and (event == "socket.connect" or arguments[1] is not None):
                raise ConnectionRefusedError(errno.ECONNREFUSED, "Not the way out")
        elif event in LOOKING_UP and arguments[0] != HERE:
            raise socket.gaierror(socket.EAI_NONAME, "Names are looked up by the way out")

    sys.addaudithook(refuse_others)


def go_on_to(further: list[tuple[str, str]]) -> None:
    """Have Wapiti take these addresses for part of what it scans, each as far as `reach` says."""
    if not further:
        return
    covers = beside("reach").covers
    from wapitiCore.net import scope  # type: ignore[import-not-found]

    own = scope.Scope.check

    @functools.wraps(own)
    def check(self: Any, resource: Any) -> bool:
        if own(self, resource):
            return True
        url = str(getattr(resource, "url", resource) or "")
        return any(covers(address, how, url) for address, how in further)

    scope.Scope.check = check


def spare_the_browser() -> None:
    """Do without what only the browser that is never used needs: half the time and a third of the memory to start."""
    name = "wapitiCore.net.intercepting_explorer"
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name])["InterceptingExplorer"] = None


def give_up_on_stalled_answers() -> None:
    """Bound the wait for an answer: Wapiti before 3.3 waits for ever for a server that stops in the middle."""
    from wapitiCore.net import crawler

    made = crawler.AsyncCrawler.__init__

    @functools.wraps(made)
    def bounded(self: Any, base_request: Any, client: Any, timeout: float = 10.0) -> None:
        made(self, base_request, client, timeout)
        self._timeout = crawler.httpx.Timeout(timeout)

    crawler.AsyncCrawler.__init__ = bounded


def leave_no_page_out() -> None:
    """Read every page that there is: Wapiti from 3.3 on leaves out what looks like the answer to any made-up address.

    It does so when nine tenths of the characters agree, in whatever order, or when both lead elsewhere. Pages of one
    design easily do, and would be missing from a scan that says it is complete. Only what is the very same page stays
    out: such sites may have no end.
    """
    from wapitiCore.net import explorer

    if not hasattr(explorer, "is_false_positive"):
        return
    looks_alike = explorer.is_false_positive

    def is_the_same(page: Any, made_up: Any) -> bool:
        if page._response.request.method != "GET" or "?" in page.url or page.redirection_url:
            return False
        return looks_alike(page, made_up) and (
            page.content == made_up.content or without_its_name(page) == without_its_name(made_up)
        )

    explorer.is_false_positive = is_the_same


def without_its_name(page: Any) -> str:
    """The page's text without the name it was asked for by, which it may repeat."""
    name = urlsplit(page.url).path.strip("/").rpartition("/")[2]
    text: str = page.content
    return text.replace(name, "") if name else text


def trust_as_told(cafile: str | None, capath: str | None, flags: int) -> None:
    """Have Wapiti judge certificates as Vedette does: with the authorities of this machine, besides the public ones
    it comes with, and as strictly. Newer Pythons than Vedette's refuse more."""
    import httpx

    made = httpx.create_ssl_context

    @functools.wraps(made)
    def trusting(*given: Any, **options: Any) -> Any:
        context = made(*given, **options)
        context.verify_flags = type(context.verify_flags)(flags)
        if cafile or capath:
            context.load_verify_locations(cafile, capath)
        return context

    httpx.create_ssl_context = trusting


if __name__ == "__main__":
    sys.exit(main())

"""What programs do that stand in for Wapiti and do not behave. Runs inside such a program: the standard library only.

Each function is one of them. It is given Wapiti's options, by their names.
"""

import ctypes
import json
import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

FOR_EVER = 3600
TABLES = """
    CREATE TABLE scan_infos (key TEXT, value TEXT);
    CREATE TABLE paths (path_id INTEGER PRIMARY KEY, path TEXT, method TEXT, enctype TEXT, depth INTEGER,
        encoding TEXT, headers BLOB, referer TEXT, evil BOOLEAN, response_id INTEGER);
    CREATE TABLE params (param_id INTEGER PRIMARY KEY, path_id INTEGER, type TEXT, position INTEGER, name TEXT,
        value1 TEXT, value2 TEXT, meta TEXT);
    CREATE TABLE payloads (evil_path_id INTEGER, module TEXT, category TEXT, level INTEGER, parameter TEXT, info TEXT,
        type TEXT, wstg TEXT, response_id INTEGER);
    CREATE TABLE attack_logs (path_id INTEGER, module TEXT);
    CREATE TABLE responses (response_id INTEGER PRIMARY KEY, url TEXT, status_code INTEGER, headers BLOB, body BLOB);
    CREATE INDEX of_path ON params (path_id);
"""


def database(options: dict[str, str]) -> Path:
    return Path(options["store-session"], "scan.db")


def store(options: dict[str, str], flaws: int, page: bytes = b"<h1>Shop</h1>") -> None:
    """A page, and so many flaws, each with an answer of its own."""
    url = options["url"]
    numbers = range(2, flaws + 2)
    with closing(sqlite3.connect(database(options))) as new, new:
        new.executescript(TABLES)
        new.execute("INSERT INTO paths VALUES (1, ?, 'GET', '', 0, '', x'00', '', 0, 1)", (url,))
        new.execute("INSERT INTO responses VALUES (1, ?, 200, NULL, ?)", (url, page))
        found = "INSERT INTO payloads VALUES (?, 'sql', 'SQL Injection', 4, 'word', 'Found', 'vulnerability', '[]', ?)"
        new.executemany(found, ((number, number) for number in numbers))
        evil = "INSERT INTO paths VALUES (?, ?, 'GET', '', 0, '', x'00', '', 1, ?)"
        new.executemany(evil, ((number, f"{url}page-{number}", number) for number in numbers))
        given = "INSERT INTO params (path_id, type, position, name, value1) VALUES (?, 'GET', 0, 'word', ?)"
        new.executemany(given, ((number, f"it's {number}") for number in numbers))
        new.executemany("INSERT INTO responses VALUES (?, ?, 200, NULL, ?)", ((n, url, page) for n in numbers))


def report(options: dict[str, str]) -> None:
    Path(options["output"]).write_text(json.dumps({"vulnerabilities": {}}))


def say(text: str) -> None:
    print(text, flush=True)


def well_behaved(options: dict[str, str]) -> None:
    store(options, flaws=1)
    report(options)


def silent(options: dict[str, str]) -> None:
    time.sleep(FOR_EVER)


def silent_after_finding(options: dict[str, str]) -> None:
    store(options, flaws=1)
    time.sleep(FOR_EVER)


def mute(options: dict[str, str]) -> None:
    """Closes its output, and goes on."""
    os.close(1)
    os.close(2)
    time.sleep(FOR_EVER)


def deaf(options: dict[str, str]) -> None:
    """Will not be asked to end, and says so."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: say("No."))
    store(options, flaws=1)
    while True:
        time.sleep(1)


def fork(*, own_session: bool) -> None:
    """A child that goes on for ever, deaf; made so that not even this interpreter hears of it."""
    if ctypes.CDLL(None).fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if own_session:
            os.setsid()
            if ctypes.CDLL(None).fork():  # a daemon: its parent is gone at once
                os._exit(0)
        time.sleep(FOR_EVER)


def parent(options: dict[str, str]) -> None:
    """Leaves processes behind that hold its output open, and ends well."""
    fork(own_session=False)
    fork(own_session=True)
    well_behaved(options)


def parent_in_its_group(options: dict[str, str]) -> None:
    fork(own_session=False)
    deaf(options)


def parent_that_hangs(options: dict[str, str]) -> None:
    fork(own_session=False)
    fork(own_session=True)
    deaf(options)


def loud(options: dict[str, str]) -> None:
    """200 MB: lines, and one that has no end."""
    lines = b"[+] GET http://shop.test/ (0)\n" * 3_500
    for _ in range(1_000):
        sys.stdout.buffer.write(lines)
    for _ in range(1_000):
        sys.stdout.buffer.write(b"x" * 100_000)
    sys.stdout.buffer.flush()
    well_behaved(options)


def without_report(options: dict[str, str]) -> None:
    store(options, flaws=1)


def empty_handed(options: dict[str, str]) -> None:
    """Ends as if all were well, and has done nothing."""


def failing(options: dict[str, str]) -> None:
    well_behaved(options)
    sys.exit(1)


def truncated(options: dict[str, str]) -> None:
    store(options, flaws=500)
    report(options)
    os.truncate(database(options), database(options).stat().st_size // 2)


def damaged(options: dict[str, str]) -> None:
    """A database of which the end was written over."""
    store(options, flaws=150, page=b"<p>more</p>" * 1_000)
    report(options)
    size = database(options).stat().st_size
    with open(database(options), "r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size - size // 2))


def rubbish(options: dict[str, str]) -> None:
    database(options).write_bytes(b"Not a database, whatever it may look like. " * 1_000)
    report(options)


def foreign(options: dict[str, str]) -> None:
    """A database of another program."""
    with closing(sqlite3.connect(database(options))) as new, new:
        new.execute("CREATE TABLE paths (number INTEGER)")
    report(options)


def mistyped(options: dict[str, str]) -> None:
    """A database in which nothing has the type it should have, besides one flaw."""
    store(options, flaws=4)
    with closing(sqlite3.connect(database(options))) as old, old:
        old.execute(
            "UPDATE payloads SET module = 1, level = 'x', info = x'ff00', wstg = ?, parameter = 7.5", ("[" * 9**5,)
        )
        old.execute("UPDATE responses SET body = 12, status_code = '200' WHERE response_id = 2")
        old.execute("UPDATE responses SET body = NULL, status_code = 1e30 WHERE response_id = 3")
        old.execute("UPDATE params SET name = NULL, value1 = x'fe' WHERE path_id = 2")
        old.execute("UPDATE paths SET path = 'http://[', method = x'00ff' WHERE path_id = 4")
        old.execute("UPDATE paths SET path = NULL, method = NULL, enctype = 3 WHERE path_id = 5")
    report(options)


def prolific(options: dict[str, str]) -> None:
    store(options, flaws=50_000)
    report(options)


def prolific_with_large_pages(options: dict[str, str]) -> None:
    store(options, flaws=300, page=b"<p>more</p>" * 100_000)
    report(options)


def dying(options: dict[str, str]) -> None:
    store(options, flaws=1)
    say("[*] Launching module sql")
    os.kill(os.getpid(), signal.SIGKILL)


def hungry(options: dict[str, str]) -> None:
    store(options, flaws=1)
    eaten = []
    while True:
        eaten.append(bytearray(10_000_000))

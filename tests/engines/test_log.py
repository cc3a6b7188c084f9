"""The log of Wapiti's run: its end, in bounded room, without the requests that were sent."""

from pathlib import Path

import pytest

from analyses.engines.wapiti import output
from analyses.engines.wapiti.folder import Folder
from analyses.engines.wapiti.output import CUT, Output, Redactor, end_of


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path)


def said(folder: Folder, text: str) -> Path:
    written = Output(folder.open_log(), Redactor(["a-secret"]))
    written.feed(text.encode())
    written.close()
    return folder.log


def test_its_end_is_kept_however_much_was_said(folder, monkeypatch):
    monkeypatch.setattr(output, "LARGEST_LOG", 10_000)
    log = said(folder, "".join(f"line {number}\n" for number in range(5_000)))
    assert log.stat().st_size <= 10_000
    lines = log.read_text().splitlines()
    assert lines[0] == CUT.strip()
    assert lines[1:] == [f"line {number}" for number in range(5_001 - len(lines), 5_000)]


def test_its_last_whole_lines_are_asked_for(folder):
    log = said(folder, "one\ntwo\nthree\n")
    assert end_of(log, 100) == "one\ntwo\nthree\n"
    assert end_of(log, 8) == f"{CUT}three\n"
    assert end_of(folder.root / "nothing", 8) == ""


def test_requests_and_secrets_are_left_out(folder):
    log = said(
        folder,
        "[+] POST http://shop.test/in (0)\n\tdata: pin=1\n\t more=2\n"
        "---\nSQL Injection in a-secret\nEvil request:\n    POST /in HTTP/1.1\n    X-Key: 3\n\n    pin=4\n---\n"
        "[+] POST http://shop.test/up (0)\n\tfiles: (a, b)\nof a file\n[*] Launching module xss\n",
    )
    assert log.read_text().splitlines() == [
        "[+] POST http://shop.test/in (0)",
        "---",
        "SQL Injection in •••",
        "---",
        "[+] POST http://shop.test/up (0)",
        "[*] Launching module xss",
    ]

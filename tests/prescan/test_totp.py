"""One-time codes: the key is read as sites give it, the codes are those of the standard, and each is used once."""

import base64
import threading
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.prescan.contract import SignIn
from analyses.prescan.totp import CodeKey, InvalidKey, read_key, unused_code

SEED = b"12345678901234567890"
KEY = base64.b32encode(SEED).decode()


class Clock:
    """A clock that goes on while somebody waits."""

    def __init__(self, now: float):
        self.now = now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("algorithm", "length", "moment", "code"),
    [
        ("SHA1", 20, 59, "94287082"),
        ("SHA1", 20, 1111111109, "07081804"),
        ("SHA256", 32, 59, "46119246"),
        ("SHA512", 64, 59, "90693936"),
        ("SHA512", 64, 20000000000, "47863826"),
    ],
)
def test_the_codes_are_those_of_the_standard(algorithm, length, moment, code):
    secret = base64.b32encode((SEED * 4)[:length]).decode()
    key = read_key(f"otpauth://totp/Shop:alice?secret={secret}&algorithm={algorithm}&digits=8&issuer=Shop")
    assert key.code(moment // key.period) == code


def test_a_key_is_read_as_a_site_shows_it():
    shown = " ".join(KEY[at : at + 4] for at in range(0, len(KEY), 4)).lower()
    assert read_key(f" {shown}== \n") == read_key(KEY) == CodeKey(SEED)
    assert read_key("jbsw-y3dp").code(0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "There is no key"),
        ("otpauth://totp/x?issuer=y", "There is no key"),
        ("correct h0rse", "not in base 32"),
        ("AAAA", "shorter or longer"),
        (f"otpauth://hotp/x?secret={KEY}", "change with the time"),
        (f"otpauth://totp/x?secret={KEY}&algorithm=MD5", "another algorithm"),
        (f"otpauth://totp/x?secret={KEY}&digits=10", "6 to 8 digits"),
        (f"otpauth://totp/x?secret={KEY}&period=0", "10 to 120 seconds"),
        (f"otpauth://totp/x?secret={KEY}&period=9999", "10 to 120 seconds"),
        ("otpauth://[", "cannot be read"),
    ],
)
def test_a_key_that_cannot_be_used_says_why_and_is_not_quoted(text, why):
    with pytest.raises(InvalidKey, match=why) as error:
        read_key(text)
    assert KEY not in str(error.value)
    assert "h0rse" not in str(error.value)


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: f"otpauth://totp/{text}"))
def test_whatever_is_typed_is_read_or_refused(text):
    with suppress(InvalidKey):
        key = read_key(text)
        assert len(key.code(1)) == key.digits


def test_a_code_is_used_once(tmp_path):
    clock, key = Clock(59.0), read_key(KEY)
    codes = [unused_code(key, 90, folder=tmp_path / "c", pause=clock.wait, now=lambda: clock.now) for _ in range(3)]
    assert codes == [key.code(1), key.code(2), key.code(3)]
    assert 90 <= clock.now < 92
    assert unused_code(CodeKey(b"of another account"), 0, folder=tmp_path / "c") is not None


def test_a_code_is_waited_for_within_bounds(tmp_path):
    clock, key = Clock(61.0), read_key(KEY)
    asked = {"folder": tmp_path / "c", "pause": clock.wait, "now": lambda: clock.now}
    assert unused_code(key, 0, **asked) == key.code(2)
    assert unused_code(key, 20, **asked) is None
    assert clock.now == 61.0  # nobody waits for what cannot come in time


def test_many_at_once_get_a_code_each(tmp_path):
    key, got = read_key(KEY), []

    def ask() -> None:
        clock = Clock(60.0)
        got.append(unused_code(key, 300, folder=tmp_path / "c", pause=clock.wait, now=lambda: clock.now))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(key.code(window) for window in range(2, 10))


def test_claims_are_private_and_forgotten(tmp_path, monkeypatch):
    key, folder = read_key(KEY), tmp_path / "c"
    unused_code(key, 0, folder=folder, now=lambda: 0.0)
    assert folder.stat().st_mode & 0o077 == 0
    monkeypatch.setattr("analyses.prescan.totp._KEPT", -1)
    unused_code(key, 0, folder=folder, now=lambda: 90.0)
    assert len(list(folder.iterdir())) == 1


def test_codes_and_their_key_are_struck_from_texts():
    settings = SignIn(totp_secret=KEY)
    key = read_key(KEY)
    code = key.code(int(time.time() // key.period))
    assert settings.struck_from(f"leads to /verify/{code}/{KEY}") == "leads to /verify/•••/•••"
    assert KEY not in repr(settings) + repr(key)

"""The demo shop: pretty, harmless, and as vulnerable as it says."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from analyses.demo_shop import PASSWORD, USERNAME, RunningShop, serve
from analyses.demo_shop.pages import MOST_REVIEWS
from analyses.demo_shop.server import NotLoopback, make_server

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningShop]:
    with serve() as running:
        yield running


@pytest.fixture
def visitor(shop) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shop.url, follow_redirects=True) as client:
        yield client


def sign_in(visitor: httpx.Client, password: str = PASSWORD, token: str | None = None) -> httpx.Response:
    form = visitor.get("/login").text
    real = re.search(r'name="token" value="([^"]+)"', form)
    data = {"username": USERNAME, "password": password, "token": token if token is not None else real[1]}
    return visitor.post("/login", data=data)


@pytest.mark.parametrize(
    "page",
    ["/", "/products", "/products?category=pots", "/product?id=3", "/search", "/search?q=pot", "/reviews", "/about",
     "/delivery", "/login"],
)  # fmt: skip
def test_every_page_says_that_it_is_vulnerable_on_purpose(visitor, page):
    answer = visitor.get(page)
    assert answer.status_code == 200
    assert "Vulnerable on purpose" in answer.text


def test_every_link_leads_somewhere(visitor):
    to_read, read = ["/"], set()
    while to_read:
        page = to_read.pop()
        answer = visitor.get(page)
        assert answer.status_code == 200, page
        read.add(page)
        links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)"', answer.text)}
        to_read += sorted(links - read - set(to_read))
    assert 15 <= len(read) <= 25


def test_a_missing_page_and_a_missing_product_are_404(visitor):
    assert visitor.get("/no-such-page").status_code == 404
    assert visitor.get("/product?id=99").status_code == 404


def test_the_search_reflects_a_script(visitor):
    assert SCRIPT in visitor.get("/search", params={"q": SCRIPT}).text


def test_the_listing_shows_the_databases_errors(visitor):
    assert "sqlite3.OperationalError" in visitor.get("/products", params={"category": "pots'"}).text


def test_a_listing_can_be_made_to_show_everything(visitor):
    everything = visitor.get("/products", params={"category": "x' OR '1'='1"}).text
    assert everything.count('class="card"') == 9


def test_the_product_page_tells_true_from_false(visitor):
    true, false = (visitor.get("/product", params={"id": f"1 AND {claim}"}) for claim in ("1=1", "1=2"))
    assert (true.status_code, false.status_code) == (200, 404)


def test_an_injected_query_cannot_write_or_take_long(visitor):
    endless = "0 UNION SELECT 1,2,3,4,5,count(*) FROM products a, products b, products c, products d, products e," + (
        ",".join(f"products {letter}" for letter in "fghij")
    )
    assert visitor.get("/product", params={"id": endless}, timeout=5).status_code == 404
    assert visitor.get("/product", params={"id": "1; DELETE FROM products"}).status_code == 404
    assert visitor.get("/product?id=1").status_code == 200


def test_a_review_keeps_a_script_but_not_for_ever(visitor):
    visitor.post("/reviews", data={"name": "Eve", "text": SCRIPT})
    assert SCRIPT in visitor.get("/reviews").text
    for number in range(MOST_REVIEWS):
        visitor.post("/reviews", data={"name": "Tom", "text": f"Review number {number}."})
    assert SCRIPT not in visitor.get("/reviews").text


def test_it_redirects_to_anywhere(shop):
    answer = httpx.get(f"{shop.url}leave", params={"to": "http://other.test/"})
    assert answer.headers["location"] == "http://other.test/"


def test_a_redirect_has_no_line_breaks(shop):
    answer = httpx.get(f"{shop.url}leave", params={"to": "/\r\nX-Injected: yes"})
    assert "x-injected" not in answer.headers


def test_signing_in_opens_the_account(visitor):
    assert "Sign in" in visitor.get("/account").text
    answer = sign_in(visitor)
    assert answer.url.path == "/account"
    assert "Signed in as demo" in answer.text
    assert "Watering can" in visitor.get("/account/orders").text


def test_the_account_reflects_a_script(visitor):
    sign_in(visitor)
    assert SCRIPT in visitor.get("/account", params={"note": SCRIPT}).text


def test_a_wrong_password_or_token_does_not_sign_in(visitor):
    assert "Wrong user name or password" in sign_in(visitor, password="demo").text
    assert "out of date" in sign_in(visitor, token="made-up").text
    assert "Signed in as" not in visitor.get("/account").text


def test_signing_out_ends_the_session(visitor):
    sign_in(visitor)
    visitor.get("/logout")
    assert "Signed in as" not in visitor.get("/account").text


def test_cookies_and_headers_lack_what_they_should_have(shop):
    answer = httpx.get(shop.url)
    assert re.fullmatch(r"visitor=[\w-]+; Path=/", answer.headers["set-cookie"])
    missing = {"content-security-policy", "x-frame-options", "x-content-type-options"}
    assert not missing & set(answer.headers)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_it_refuses_to_listen_to_others(host):
    with pytest.raises(NotLoopback):
        make_server(0, host)


def test_two_shops_know_nothing_of_each_other(visitor):
    visitor.post("/reviews", data={"name": "Eve", "text": "Only here, in this shop."})
    with serve() as other:
        assert "Only here" not in httpx.get(f"{other.url}reviews").text


@pytest.fixture
def command() -> Iterator[subprocess.Popen]:
    started = subprocess.Popen(
        [sys.executable, "manage.py", "demo_shop", "--port", "0"],
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    )
    yield started
    started.kill()
    started.wait()
    started.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_end(command, number):
    address = re.search(r"http://127\.0\.0\.1:\d+/", command.stdout.readline())[0]
    assert "Fern" in httpx.get(address).text
    command.send_signal(number)
    assert command.wait(5) == 0


def test_the_command_says_when_its_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=str(port)):
            call_command("demo_shop", "--port", str(port))

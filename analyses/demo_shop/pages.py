"""The pages of the demo shop, and the flaws planted in them."""

import secrets
from collections import OrderedDict, deque
from html import escape
from http import HTTPStatus
from importlib.resources import files

from analyses.demo_shop.catalogue import CATEGORIES, BadQuery, Catalogue
from analyses.demo_shop.layout import cards, frame, picture
from analyses.demo_shop.web import Request, Response, redirect

USERNAME = "demo"
PASSWORD = "demo-password"
MOST_REVIEWS = 12
MOST_WORDS = 60
LONGEST_REVIEW = 400  # characters
MOST_VISITORS = 2_000
ORDERS = (("1042", "Snake plant", "On its way"), ("1031", "Watering can", "Delivered"))


class Shop:
    """One shop with its visitors and reviews, all in memory and bounded. Used by several threads."""

    def __init__(self) -> None:
        self.catalogue = Catalogue()
        self._reviews: deque[tuple[str, str]] = deque(
            [("Ada", "The fern arrived as if it had never left the wood."), ("Tom", "Pots like my grandmother's.")],
            maxlen=MOST_REVIEWS,
        )
        self._words: deque[str] = deque(["Lovely", "Green"], maxlen=MOST_WORDS)
        self._visitors: OrderedDict[str, str] = OrderedDict()  # the visitor cookie → the token of their forms
        self._signed_in: OrderedDict[str, str] = OrderedDict()  # the session cookie → who it is
        self._style = files("analyses.demo_shop").joinpath("shop.css").read_text()
        self._pages = {
            "/": self.home,
            "/products": self.products,
            "/product": self.product,
            "/search": self.search,
            "/reviews": self.reviews,
            "/about": self.about,
            "/delivery": self.delivery,
            "/leave": self.leave,
            "/login": self.login,
            "/logout": self.logout,
            "/account": self.account,
            "/account/orders": self.orders,
            "/shop.css": self.style,
        }

    def answer(self, request: Request) -> Response:
        """Answer one request. Every visitor gets a cookie, without the flags it should have."""
        page = self._pages.get(request.path.rstrip("/") or "/")
        if page is None:
            return self._page(request, "Not found", "<h1>There is no such page</h1>", HTTPStatus.NOT_FOUND)
        if request.method not in ("GET", "HEAD", "POST"):
            return Response("", HTTPStatus.METHOD_NOT_ALLOWED, headers=[("Allow", "GET, HEAD, POST")])
        response = page(request)
        if request.cookies.get("visitor") not in self._visitors and page not in (self.style, self.login):
            response.set_cookie("visitor", self._new_visitor())
        return response

    def home(self, request: Request) -> Response:
        chosen = [product for product in self.catalogue.all() if product.number in (1, 2, 5, 8)]
        return self._page(
            request,
            "Home",
            '<h1>Green things, and what they grow in</h1><p class="lead">Plants from our own greenhouse, pots from the '
            f"village potter, and the few tools one needs.</p>{cards(chosen)}<h2>Read on</h2>"
            '<p>See <a href="/reviews">what people say</a>, or <a href="/search?q=pot">look for a pot</a>.</p>',
        )

    def products(self, request: Request) -> Response:
        """Planted: SQL injection in `category`, with the database's errors shown."""
        category = request.query.get("category", "")
        try:
            found = self.catalogue.of_category(category) if category else self.catalogue.all()
        except BadQuery as error:
            wrong = f'<h1>Something went wrong</h1><div class="notice"><pre>{escape(str(error))}</pre></div>'
            return self._page(request, "Products", wrong)
        title = category.capitalize() if category in CATEGORIES else "All products"
        return self._page(request, title, f"<h1>{escape(title)}</h1>{cards(found)}")

    def product(self, request: Request) -> Response:
        """Planted: blind SQL injection in `id`."""
        found = self.catalogue.with_number(request.query.get("id", "0"))
        if found is None:
            return self._page(request, "Not found", "<h1>There is no such product</h1>", HTTPStatus.NOT_FOUND)
        name, text = escape(str(found.name)), escape(str(found.text))
        return self._page(
            request,
            str(found.name),
            f'<div class="product"><div class="picture">{picture(found)}</div><div><h1>{name}</h1>'
            f'<p class="price">{escape(found.price)}</p><p class="lead">{text}</p></div></div>',
        )

    def search(self, request: Request) -> Response:
        """Planted: reflected XSS in `q`."""
        words = request.query.get("q", "")
        form = (
            '<h1>Search</h1><form action="/search" method="get"><label>What are you looking for?'
            f'<input name="q" value="{escape(words)}"></label><button>Search</button></form>'
        )
        if not words:
            return self._page(request, "Search", form)
        found = self.catalogue.matching(words)
        return self._page(request, "Search", f"{form}<p>{len(found)} found for {words}</p>{cards(found)}")

    def reviews(self, request: Request) -> Response:
        """Planted: stored XSS in `text`, in a form without a token. The oldest review makes room for the newest."""
        if request.method == "POST":
            text, name = request.form.get("text", "").strip(), request.form.get("name", "").strip()
            if text.isalnum():
                self._words.append(text[:LONGEST_REVIEW])
            elif text:
                self._reviews.appendleft((name[:40] or "Somebody", text[:LONGEST_REVIEW]))
            return redirect("/reviews")
        said = "".join(
            f"<blockquote>{text}<br><cite>{escape(name)}</cite></blockquote>" for name, text in list(self._reviews)
        )
        form = (
            '<form action="/reviews" method="post"><label>Your name<input name="name" value="Guest"></label>'
            '<label>Your review<textarea name="text" rows="3">Lovely.</textarea></label><button>Publish</button></form>'
        )
        words = f"<h2>In one word</h2><p>{', '.join(list(self._words))}</p>"
        return self._page(request, "Reviews", f"<h1>What people say</h1>{form}{said}{words}")

    def leave(self, request: Request) -> Response:
        """Planted: it sends visitors wherever `to` says."""
        return redirect(request.query.get("to") or "/")

    def login(self, request: Request) -> Response:
        """The sign-in form. It is sound: its token belongs to the visitor's cookie."""
        visitor = request.cookies.get("visitor", "")
        token = self._visitors.get(visitor)
        wrong = ""
        if request.method == "POST":
            if token is None or request.form.get("token") != token:
                wrong = "This form is out of date. Please try again."
            elif (request.form.get("username"), request.form.get("password")) == (USERNAME, PASSWORD):
                response = redirect("/account")
                response.set_cookie("session", self._new_session())
                return response
            else:
                wrong = "Wrong user name or password."
        fresh = "" if token else self._new_visitor()
        notice = f'<p class="notice" role="alert">{wrong}</p>' if wrong else ""
        response = self._page(
            request,
            "Sign in",
            f'<h1>Sign in</h1>{notice}<form action="/login" method="post">'
            f'<input type="hidden" name="token" value="{token or self._visitors[fresh]}">'
            '<label>User name<input name="username" autocomplete="username"></label>'
            '<label>Password<input name="password" type="password" autocomplete="current-password"></label>'
            f"<button>Sign in</button></form><p>For trying it out: <code>{USERNAME}</code> with the password "
            f"<code>{PASSWORD}</code>.</p>",
            HTTPStatus.FORBIDDEN if wrong else HTTPStatus.OK,
        )
        if fresh:
            response.set_cookie("visitor", fresh)
        return response

    def logout(self, request: Request) -> Response:
        self._signed_in.pop(request.cookies.get("session", ""), None)
        return redirect("/")

    def account(self, request: Request) -> Response:
        """Planted: reflected XSS in `note`, for people who are signed in."""
        user = self._user(request)
        if not user:
            return redirect("/login")
        note = request.query.get("note", "")
        return self._page(
            request,
            "Your account",
            f'<h1>Your account</h1><p class="lead">Signed in as {escape(user)}</p><p>{note}</p>'
            '<p><a href="/account/orders">Your orders</a></p><form action="/account" method="get"><label>A note to '
            'yourself<input name="note" value="Water on Friday"></label><button>Keep</button></form>',
        )

    def orders(self, request: Request) -> Response:
        if not self._user(request):
            return redirect("/login")
        rows = "".join(
            f"<blockquote>{what}<br><cite>Order {number} · {state}</cite></blockquote>"
            for number, what, state in ORDERS
        )
        return self._page(request, "Your orders", f"<h1>Your orders</h1>{rows}")

    def about(self, request: Request) -> Response:
        return self._page(
            request,
            "About us",
            '<h1>About us</h1><p class="lead">Two people, one greenhouse and a kiln. None of it exists: this shop was '
            "made so that a scanner has something to find.</p>",
        )

    def delivery(self, request: Request) -> Response:
        return self._page(
            request,
            "Delivery",
            '<h1>Delivery</h1><p class="lead">By bicycle within the town, by post everywhere else. Plants travel on '
            "Mondays, so that they are not in a box over the weekend.</p>",
        )

    def style(self, _request: Request) -> Response:
        return Response(self._style, content_type="text/css; charset=utf-8")

    def _page(self, request: Request, title: str, main: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
        return Response(frame(title, main, self._user(request)), status)

    def _user(self, request: Request) -> str:
        return self._signed_in.get(request.cookies.get("session", ""), "")

    def _new_visitor(self) -> str:
        return _remember(self._visitors, secrets.token_urlsafe(16), MOST_VISITORS)

    def _new_session(self) -> str:
        return _remember(self._signed_in, USERNAME, MOST_VISITORS)


def _remember(kept: OrderedDict[str, str], value: str, most: int) -> str:
    """Keep a value under a new random key, forgetting the oldest when there are too many; return the key."""
    key = secrets.token_urlsafe(16)
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
    return key

"""How the demo shop looks: the frame around every page, its cards and its pictures."""

from html import escape
from string import Template

from analyses.demo_shop.catalogue import Product

_FRAME = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title · Fern &amp; Clay</title>
<link rel="stylesheet" href="/shop.css">
</head>
<body>
<p class="warning"><strong>Vulnerable on purpose.</strong> This demo shop comes with Vedette so that there is
something to find. It runs on this machine only; never enter anything real.</p>
<header>
<a class="brand" href="/">Fern <span>&amp;</span> Clay</a>
<nav><a href="/products">All products</a> <a href="/products?category=plants">Plants</a>
<a href="/products?category=pots">Pots</a> <a href="/products?category=tools">Tools</a>
<a href="/reviews">Reviews</a> <a href="/search">Search</a></nav>
<div class="person">$person</div>
</header>
<main>
$main
</main>
<footer><a href="/about">About us</a> <a href="/delivery">Delivery</a>
<a href="/leave?to=/about">Our gardeners</a></footer>
</body>
</html>
""")


def frame(title: str, main: str, user: str) -> str:
    """The whole page around `main` (HTML); `user` is who is signed in, if anybody."""
    person = '<a href="/login">Sign in</a>'
    if user:
        person = f'<a href="/account">Signed in as {escape(user)}</a> <a href="/logout">Sign out</a>'
    return _FRAME.substitute(title=escape(title), main=main, person=person)


def _leaf(angle: int, length: int, hue: int, light: int) -> str:
    return (
        f'<path d="M60 76 q{length // 3} -{length} 0 -{length} q-{length // 3} 0 0 {length}z" '
        f'fill="hsl({hue} 38% {light}%)" transform="rotate({angle} 60 76)"/>'
    )


def picture(product: Product) -> str:
    """A drawing of a product as inline SVG, made of its colour."""
    leaves = "".join(
        _leaf(angle, 58 - abs(angle) // 3, product.hue if product.category == "plants" else 110, 34 + number * 4)
        for number, angle in enumerate((-62, 62, -34, 34, -12, 14))
    )
    clay = product.hue if product.category == "pots" else 18
    pot = (
        f'<path d="M38 76h44l-6 34h-32z" fill="hsl({clay} 46% 52%)"/>'
        f'<path d="M35 70h50v9h-50z" fill="hsl({clay} 46% 44%)"/>'
    )
    if product.category == "tools":
        leaves = f'<path d="M56 20h8v62h-8z" fill="hsl({product.hue} 40% 40%)"/>'
        pot = f'<path d="M46 62h28v20q0 26-14 34-14-8-14-34z" fill="hsl({product.hue} 14% 58%)"/>'
    return f'<svg viewBox="0 0 120 124" role="img" aria-label="{escape(product.name)}">{leaves}{pot}</svg>'


def cards(products: list[Product]) -> str:
    """A grid of products, each leading to its page."""
    items = "".join(
        f'<a class="card" href="/product?id={escape(str(product.number))}">'
        f'<div class="picture">{picture(product)}</div>'
        f"<h3>{escape(str(product.name))}</h3><p>{escape(product.price)}</p></a>"
        for product in products
    )
    return f'<div class="cards">{items}</div>'

"""What the demo shop sells, in an SQLite database in memory, asked in a way nobody should."""

import sqlite3
import threading
from dataclasses import dataclass

CATEGORIES = ("plants", "pots", "tools")
# A query may take this many steps of SQLite's machine (some 0.2 s): an injected one must not keep the shop busy.
LONGEST_QUERY = 2_000_000

_PRODUCTS = (
    ("Maidenhair fern", "plants", 1490, 96, "Fine fronds on black stems. Likes a bathroom with a window."),
    ("Swiss cheese plant", "plants", 2890, 132, "Holes in every leaf, on purpose. Grows to the ceiling."),
    ("Snake plant", "plants", 1750, 158, "Forgives everything except too much water."),
    ("String of hearts", "plants", 1290, 318, "Trails down a shelf, one small heart after the other."),
    ("Terracotta pot", "pots", 690, 16, "Hand-thrown and unglazed. It breathes, and so do the roots."),
    ("Blue glazed pot", "pots", 1190, 212, "A deep glaze with a hole in the base, where it belongs."),
    ("Stoneware bowl", "pots", 1590, 42, "Wide and low, for succulents that like company."),
    ("Watering can", "tools", 2190, 190, "A long spout for plants at the back of the shelf."),
    ("Hand trowel", "tools", 990, 28, "Forged steel, ash handle. Older than its owner one day."),
)


class BadQuery(Exception):
    """The database refused the query; the message is its own."""


@dataclass(frozen=True)
class Product:
    number: int
    name: str
    category: str
    cents: int
    hue: int
    text: str

    @property
    def price(self) -> str:
        return f"€ {self.cents // 100}.{self.cents % 100:02}"


class Catalogue:
    """The products. One connection, used by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(
            "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT, cents INT, hue INT, text TEXT)"
        )
        rows = [(number, *row) for number, row in enumerate(_PRODUCTS, start=1)]
        self._database.executemany("INSERT INTO products VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._database.commit()
        self._database.execute("PRAGMA query_only = ON")

    def of_category(self, category: str) -> list[Product]:
        """Planted: the text goes into the query as it is, and the database's own error reaches the page."""
        return self._ask(f"SELECT * FROM products WHERE category = '{category}' ORDER BY id")

    def with_number(self, number: str) -> Product | None:
        """Planted: the text goes into the query as it is; an error looks like a missing product."""
        try:
            found = self._ask(f"SELECT * FROM products WHERE id = {number}")
        except BadQuery:
            return None
        return found[0] if found else None

    def all(self) -> list[Product]:
        return self._ask("SELECT * FROM products ORDER BY id")

    def matching(self, words: str) -> list[Product]:
        """Products whose name or text contains these words. This query is sound."""
        like = f"%{words}%"
        return self._ask("SELECT * FROM products WHERE name LIKE ? OR text LIKE ? ORDER BY id", (like, like))

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _ask(self, query: str, values: tuple[str, ...] = ()) -> list[Product]:
        with self._lock:
            try:
                self._database.set_progress_handler(lambda: 1, LONGEST_QUERY)
                return [Product(*row) for row in self._database.execute(query, values).fetchmany(50)]
            except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
                raise BadQuery(f"sqlite3.{type(error).__name__}: {error}") from error

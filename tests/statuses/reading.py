"""Reads pages the way a person does: the badge and its advice, the actions that can be pressed, the activity log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Element:
    name: str
    attributes: dict[str, str]
    inside: list["Element | str"] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def walk(self) -> Iterator["Element"]:
        yield self
        for child in self.inside:
            if isinstance(child, Element):
                yield from child.walk()

    def first(self, name: str) -> "Element | None":
        return next((element for element in self.walk() if element.name == name), None)

    def of_class(self, name: str) -> list["Element"]:
        return [element for element in self.walk() if name in element.classes]

    def words(self, without: str = "") -> str:
        """Its text in one line, without what is in elements of a class."""
        parts = [
            child if isinstance(child, str) else child.words(without)
            for child in self.inside
            if isinstance(child, str) or without not in child.classes
        ]
        return " ".join(" ".join(parts).split())


class Page(HTMLParser):
    """A page that was answered, as a tree."""

    def __init__(self, response) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]
        assert response.status_code == 200, response
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        if tag not in _EMPTY:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open[-1].name == tag, f"</{tag}> closes <{self._open[-1].name}>"
        self._open.pop()

    def handle_data(self, data):
        self._open[-1].inside.append(data)

    def by_id(self, wanted: str) -> Element:
        return next(element for element in self.root.walk() if element.attributes.get("id") == wanted)

    def of_class(self, name: str) -> list[Element]:
        return self.root.of_class(name)

    # --- What it says -----------------------------------------------------------------------------------------------

    def badge(self, anchor: str) -> tuple[str, bool]:
        """The name a badge shows, and whether there is a warning icon at it."""
        [badge] = self.by_id(anchor).of_class("badge")
        name = next(child for child in badge.inside if isinstance(child, Element) and child.name == "span")
        return name.words(), bool(badge.of_class("badge__warning"))

    def actions(self) -> set[str]:
        """The actions that can be pressed."""
        places = [item for item in self.root.walk() if item.attributes.get("id", "").startswith("action-")]
        assert places
        pressable = (item for item in places if item.first("a") or item.first("button"))
        return {item.attributes["id"].removeprefix("action-") for item in pressable}

    def reasons(self) -> dict[str, str]:
        """Why the other actions cannot be pressed."""
        return {
            item.attributes["id"].removeprefix("action-"): item.of_class("menu__reason")[0].words()
            for item in self.root.walk()
            if item.attributes.get("id", "").startswith("action-") and item.of_class("menu__reason")
        }

    def log(self) -> list[tuple[str, str]]:
        """What happened, and its cause; the newest first."""
        entries = []
        for cell in self.of_class("log__what"):
            causes = cell.of_class("log__cause")
            entries.append((cell.words(without="log__cause"), causes[0].words() if causes else ""))
        return entries

    def messages(self) -> str:
        """What it tells about what has just been asked."""
        return " ".join(element.words() for element in self.of_class("messages"))

"""Reading a page's form the way a browser sends it, and its messages the way a person finds them."""

from html.parser import HTMLParser


class _FormReader(HTMLParser):
    """Collects what a browser would send of the form with id "configure"."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._in_template = self._in_form = False
        self._select = self._area = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "template":
            self._in_template = True
        if tag == "form":
            self._in_form = found.get("id") == "configure"
        if self._in_template or not self._in_form or "disabled" in found:
            return
        if tag == "input" and found.get("name"):
            self._input(found)
        elif tag == "select":
            self._select, self._options = found["name"], []
        elif tag == "option" and self._select:
            self._options.append((found.get("value", ""), "selected" in found))
        elif tag == "textarea":
            self._area = found["name"]
            self.values[self._area] = [""]

    def _input(self, found):
        is_choice = found.get("type") in ("checkbox", "radio")
        if is_choice and "checked" not in found:
            return
        self.values.setdefault(found["name"], []).append(found.get("value", "on" if is_choice else ""))

    def handle_data(self, data):
        if self._area:
            self.values[self._area][0] += data

    def handle_endtag(self, tag):
        if tag == "template":
            self._in_template = False
        elif tag == "form":
            self._in_form = False
        elif tag == "textarea" and self._area:
            self.values[self._area][0] = self.values[self._area][0].removeprefix("\n")
            self._area = ""
        elif tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected] or [self._options[0][0]]
            self.values[self._select] = chosen
            self._select = ""


def form_of(response) -> dict[str, list[str]]:
    """What a browser would send if the page's form was submitted as it is shown."""
    reader = _FormReader()
    reader.feed(response.content.decode())
    return reader.values


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data):
        self.parts.append(data)


def text_of(response) -> str:
    """The words of a page, in one line."""
    reader = _Text()
    reader.feed(response.content.decode())
    return " ".join(" ".join(reader.parts).split())


def errors_of(response) -> dict[str, str]:
    """The messages at the fields of a page that was shown again: field name -> all its messages."""
    page = response.context["page"]
    forms = [page.form, *(row.sent for row in page.rows if row.sent is not None)]
    found = {}
    for form in forms:
        for name, messages in form.errors.items():
            found[form.add_prefix(name)] = " ".join(messages)
    return found

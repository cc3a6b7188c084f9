"""Follows the references within a document. What lies outside of it is never read."""

from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from analyses.said import said as _
from analyses.specifications.contract import SpecificationError, pointer, shown

LONGEST_CHAIN = 20  # references that lead to references

Place = tuple[object, ...]  # the keys and positions that lead to a value


class Document:
    """A document whose values may refer to one another by `$ref`."""

    def __init__(self, root: dict[str, Any]):
        self.root = root
        self._own = root.get("$self")  # the document's own address, from OpenAPI 3.2 on

    def resolved(self, value: Any, place: Place) -> tuple[Any, tuple[str, ...]]:
        """What a value stands for, and the references followed to it. Raises SpecificationError.

        What stands beside a reference goes before what it leads to.
        """
        followed: list[str] = []
        beside: dict[str, Any] = {}
        while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
            if reference in followed or len(followed) >= LONGEST_CHAIN:
                raise SpecificationError(
                    _(
                        "The reference “%(reference)s” at %(place)s leads back to itself. Correct it.",
                        reference=shown(reference, 100),
                        place=pointer(*place),
                    )
                )
            followed.append(reference)
            beside = {**{key: other for key, other in value.items() if key != "$ref"}, **beside}
            value = self._found(reference, place)
        return ({**value, **beside} if beside and isinstance(value, dict) else value), tuple(followed)

    def mapping(self, value: Any, place: Place) -> dict[str, Any]:
        """What a value stands for, which has to be a mapping. Raises SpecificationError."""
        found, _followed = self.resolved(value, place)
        if not isinstance(found, dict):
            raise SpecificationError(
                _("There is no mapping at %(place)s, where one is needed. Correct it there.", place=pointer(*place))
            )
        return found

    def _within(self, reference: str) -> str:
        """A reference that names this document by its own address, without that."""
        if reference.startswith("#") or not isinstance(self._own, str) or not self._own:
            return reference
        try:
            address, fragment = urldefrag(urljoin(self._own, reference))
        except ValueError:
            return reference
        return f"#{fragment}" if address == self._own else reference

    def _found(self, reference: str, place: Place) -> Any:
        reference = self._within(reference)
        if not reference.startswith("#/"):
            raise SpecificationError(
                _(
                    "The reference “%(reference)s” at %(place)s leads out of the file, and other files are not read. "
                    "Bundle everything into one file, in which references begin with #/.",
                    reference=shown(reference, 100),
                    place=pointer(*place),
                )
            )
        value: Any = self.root
        for part in reference[2:].split("/"):
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and key.isdecimal() and len(key) < 8 and int(key) < len(value):
                value = value[int(key)]
            else:
                raise SpecificationError(
                    _(
                        "The reference “%(reference)s” at %(place)s leads to nothing in the file. "
                        "Correct it, or add what it names.",
                        reference=shown(reference, 100),
                        place=pointer(*place),
                    )
                )
        return value

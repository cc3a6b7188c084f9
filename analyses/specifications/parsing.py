"""Reads the bytes of a file into a specification. Runs where it may take all of its time and memory, see `reading`."""

from typing import Any

from analyses.said import said as _
from analyses.specifications import har, openapi, postman
from analyses.specifications.assembling import assembled
from analyses.specifications.contract import FORMS_READ, Specification, SpecificationError
from analyses.specifications.loading import load


def parse(data: bytes, name: str) -> Specification:
    """The specification in a file. Raises SpecificationError, and nothing else but for want of memory."""
    document = load(data, name)
    if not isinstance(document, dict):
        raise _unknown(_("it holds no mapping"))
    try:
        return _read(document)
    except RecursionError:
        raise SpecificationError(
            _("The schemas of this file refer to one another too deeply. Simplify them, or export the file again.")
        ) from None


def _read(document: dict[str, Any]) -> Specification:
    for form_of, read in (
        (openapi.form_of, openapi.read_openapi),
        (postman.form_of, postman.read_postman),
        (har.form_of, har.read_har),
    ):
        if form := form_of(document):
            title, base_url, calls, notes = read(document)
            return assembled(form, title, base_url, calls, notes)
    if "openapi" not in document and "asyncapi" in document:
        raise _unknown(_("it is AsyncAPI"))
    raise _unknown(_("it is none that is known"))


def _unknown(what: str) -> SpecificationError:
    return SpecificationError(
        _("This file cannot be read: %(what)s. Upload one of these: %(forms)s.", what=what, forms=FORMS_READ)
    )

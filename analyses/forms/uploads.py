"""The files that came with one request: each is read once, and only so many of them."""

from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from analyses.forms.endpoints import MOST_FILES, stored_draft
from analyses.models import Specification
from analyses.prescan.certificates import MOST_BYTES, CertificateError, ClientCertificate, read_pkcs12
from analyses.said import translated

MOST_CERTIFICATES = 20
Found = TypeVar("Found")


class Uploads:
    """What was read of the files of one request. A page that is made twice from them reads none twice."""

    def __init__(self, user: User):
        self.specification: _Readings[Specification] = _Readings(
            partial(stored_draft, user=user),
            MOST_FILES,
            gettext_lazy(
                "At most %(most)s specifications are read at once. Save first, and choose this one again then."
            ),
        )
        self.certificate: _Readings[ClientCertificate] = _Readings(
            certificate_in,
            MOST_CERTIFICATES,
            gettext_lazy(
                "At most %(most)s client certificates are read at once. Save first, and choose this one again then."
            ),
        )


class _Readings(Generic[Found]):
    """Reads files of one kind, up to a limit."""

    def __init__(self, read: Callable[..., Found], most: int, too_many: str | Promise):
        self._read, self._most, self._too_many = read, most, too_many
        self._known: dict[Hashable, Found | ValidationError] = {}

    def __call__(self, file: UploadedFile, *given: str) -> Found:
        """What is in a file, read with what was `given` for it. Raises ValidationError."""
        key = (file, *given)
        if key not in self._known:
            if len(self._known) >= self._most:
                raise ValidationError(str(self._too_many) % {"most": self._most})
            try:
                self._known[key] = self._read(file, *given)
            except ValidationError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, ValidationError):
            raise found
        return found


def certificate_in(file: UploadedFile, password: str) -> ClientCertificate:
    """The client certificate in a PKCS#12 file. Raises ValidationError."""
    file.seek(0)
    try:
        return read_pkcs12(file.read(MOST_BYTES + 1), password)
    except CertificateError as error:
        raise ValidationError(translated(error)) from error

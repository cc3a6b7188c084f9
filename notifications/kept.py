"""Where mails go while no mail server is configured."""

from pathlib import Path

from django.conf import settings
from django.core.mail.backends import filebased


class EmailBackend(filebased.EmailBackend):
    """Writes mails into files in MAIL_DIR, which nobody else may read."""

    def __init__(self, *args, **kwargs):
        Path(settings.MAIL_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(*args, **{**kwargs, "file_path": settings.MAIL_DIR})

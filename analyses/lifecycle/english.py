"""What is stored is in English, whoever asks for it in whatever language.

The log, causes, settings frozen in words and what hooks are told are evidence: they are stored the same for everybody,
and workers and audits read them too. Pages say texts of `analyses.said` in the language of their reader. Every change
begins with `in_english`; what is refused within it is said lazily, and so in the language of whoever asked.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import translation


@contextmanager
def in_english() -> Iterator[None]:
    """Texts that are made within, and labels that are stored within, are in English."""
    with translation.override("en"):
        yield

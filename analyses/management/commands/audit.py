"""Checks what Vedette promises on the installation's own database: read only, at any moment."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from analyses.audit import INVARIANTS, meaning_of, name_of
from analyses.audit.reading import one_moment

MOST_SHOWN = 50  # of one invariant


class Command(BaseCommand):
    help = "Check that what is promised holds, and say what does not: exit code 1 when anything breaks."
    requires_system_checks = ()

    def handle(self, *_args: Any, **options: Any) -> None:
        broken = breaches = 0
        with one_moment():
            for invariant in INVARIANTS:
                found = 0
                for found, breach in enumerate(invariant(), start=1):
                    if found == 1:
                        self.stdout.write(f"{name_of(invariant).capitalize()}: broken. {meaning_of(invariant)}")
                    if found <= MOST_SHOWN:
                        self.stdout.write(f"  {breach}")
                if found > MOST_SHOWN:
                    self.stdout.write(f"  … and {found - MOST_SHOWN:,} more")
                if not found and options["verbosity"] > 1:
                    self.stdout.write(f"{name_of(invariant).capitalize()}: holds. {meaning_of(invariant)}")
                broken, breaches = broken + bool(found), breaches + found
        if broken:
            self.stdout.write(f"{broken} of {len(INVARIANTS)} invariants are broken, {breaches:,} times.")
            sys.exit(1)
        self.stdout.write(f"All {len(INVARIANTS)} invariants hold.")

"""Encrypts every stored secret with the first of CREDENTIAL_KEYS."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from analyses.rotation import encrypted_columns, rotate
from dashboard.accounts.secrets import encrypt_anew

MOST_NAMED = 50  # rows of one model that cannot be read


class Command(BaseCommand):
    help = (
        "Encrypt stored secrets with the first of CREDENTIAL_KEYS. It can be interrupted and repeated, and Vedette may "
        "be at work meanwhile. Exit code 1 when some cannot be read with any of the keys."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        unreadable = 0
        for model, names in encrypted_columns():
            done = rotate(model, names)
            unreadable += len(done.unreadable)
            label = str(model._meta.verbose_name_plural).capitalize()
            self.stdout.write(f"{label}: {done.renewed:,} encrypted anew, {done.current:,} were already.")
            if done.unreadable:
                shown = ", ".join(done.unreadable[:MOST_NAMED])
                more = len(done.unreadable) - MOST_NAMED
                self.stdout.write(f"  Not readable with any key: {shown}{f' and {more:,} more' if more > 0 else ''}.")
        number, lost = encrypt_anew()
        unreadable += len(lost)
        self.stdout.write(f"Second factors: {number:,} encrypted anew.")
        if lost:
            self.stdout.write(f"  Not readable with any key: {', '.join(map(str, lost[:MOST_NAMED]))}.")
        if unreadable:
            self.stdout.write("Keep the older keys, or enter those secrets again.")
            sys.exit(1)
        self.stdout.write("Everything is encrypted with the first key: the older ones can be taken away.")

#!/usr/bin/env python
"""Run Vedette's administrative commands: `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from environs.exceptions import EnvError
    except ImportError:
        sys.exit("Django is not installed here. Start Vedette with `make run`, which sets everything up.")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EnvError) as error:
        sys.exit(f"Vedette is not set up right: {error}")


if __name__ == "__main__":
    main()

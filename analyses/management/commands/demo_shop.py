"""`manage.py demo_shop`: the deliberately vulnerable shop, for this machine only."""

import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analyses.demo_shop.server import make_server


class Command(BaseCommand):
    help = "Serves the demo shop, which is vulnerable on purpose, on 127.0.0.1 until it is ended."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="The port to listen on; 0 takes any free one.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            server, shop = make_server(options["port"])
        except (OSError, OverflowError) as error:
            raise CommandError(f"The demo shop cannot listen on port {options['port']}: {error}.") from error
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        self.stdout.write(f"The demo shop is at {shop.url}")
        self.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("The demo shop has closed.")
        finally:
            server.server_close()

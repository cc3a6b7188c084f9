"""The tables as they were before an upgrade, for tests of what it makes of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


@contextmanager
def as_it_was_at(app: str, name: str) -> Iterator[Callable[[str], Any]]:
    """Go back to a migration of an app, and upgrade at the end. Gives the app's models of then, by their names.

    Everything is upgraded: going back takes with it what other apps have built upon it, and what came later.
    """
    executor = MigrationExecutor(connection)
    executor.migrate([(app, name)])
    try:
        then = executor.loader.project_state([(app, name)]).apps
        yield lambda model: then.get_model(app, model)
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AnalysesConfig(AppConfig):
    name = "analyses"

    def ready(self) -> None:
        from analyses.lifecycle import notices  # models can be imported only when the apps are ready

        post_migrate.connect(_make_roles, sender=self)
        notices.connect()


def _make_roles(**_signal: Any) -> None:
    """The permissions are there by now: Django makes them just before."""
    from analyses.roles import make_roles

    make_roles()

"""Encrypting what is stored anew with the first key: after that the older keys can be taken away."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.apps import apps
from django.db import models, transaction

from analyses.models.secrets import EncryptedTextField, Sealed, UnreadableSecret
from dashboard.encrypted_text import place_of

BATCH = 200  # rows


@dataclass
class Rotated:
    """What has been done of one model: numbers of secrets; of those that cannot be read, where they are."""

    model: type[models.Model]
    renewed: int = 0
    current: int = 0  # encrypted with the first key already
    unreadable: list[str] = field(default_factory=list)  # such as "12 (secret)"


def encrypted_columns() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Every model that has encrypted columns, with their names."""
    for model in apps.get_models():
        names = [column.attname for column in model._meta.concrete_fields if isinstance(column, EncryptedTextField)]
        if names:
            yield model, names


def rotate(model: type[models.Model], names: list[str]) -> Rotated:
    """Encrypt the columns of a model anew, a few rows at a time. May be interrupted, repeated, and run while at work.

    What is changed meanwhile keeps its change: a secret is only written over what was read of it.
    """
    done, last = Rotated(model), 0
    stored = model._base_manager.order_by("pk").values_list("pk", "seal", *names)
    while rows := list(stored.filter(pk__gt=last)[:BATCH]):
        with transaction.atomic():
            for pk, seal, *secrets in rows:
                for name, secret in zip(names, secrets, strict=True):
                    _renew(done, pk, seal, name, secret)
        last = rows[-1][0]
    return done


def _renew(done: Rotated, pk: int, seal: UUID, name: str, secret: Sealed | str) -> None:
    if not isinstance(secret, Sealed):
        return  # none is stored
    try:
        new = secret.renewed(place_of(done.model, name, seal))
    except UnreadableSecret:
        done.unreadable.append(f"{pk} ({name})")
        return
    if new is secret:
        done.current += 1
        return
    unchanged = done.model._base_manager.filter(pk=pk, seal=seal, **{name: secret})
    done.renewed += unchanged.update(**{name: new})

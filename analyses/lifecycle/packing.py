"""Rows of tables as bytes, and back as the very rows they were: with their keys, every column byte for byte."""

import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps
from django.db import models

_FAST = 1  # of zlib: pages of a site shrink to a tenth even so

Rows = dict[type[models.Model], list[models.Model]]


def packed(groups: Iterable[Sequence[models.Model]]) -> bytes:
    """Rows as bytes; each group is of one model, and refers to those before it only."""
    told = [_told(group) for group in groups if group]
    return zlib.compress(json.dumps(told, ensure_ascii=False).encode(), _FAST)


def unpacked(data: bytes) -> Rows:
    """The rows as they were, not stored yet, in the order in which they can be."""
    told = json.loads(zlib.decompress(data))
    return dict(map(_rows, told))


def _told(rows: Sequence[models.Model]) -> dict[str, Any]:
    fields = rows[0]._meta.concrete_fields
    names = [field.attname for field in fields]
    return {
        "model": rows[0]._meta.label,
        "names": names,
        "rows": [[_value(field, row) for field in fields] for row in rows],
    }


def _value(field: models.Field, row: models.Model) -> Any:
    value = field.value_from_object(row)
    return value if value is None or type(value) in (str, int, bool) else field.value_to_string(row)


def _rows(told: dict[str, Any]) -> tuple[type[models.Model], list[models.Model]]:
    """By the names of columns: an upgrade meanwhile may have added some or taken some away."""
    model = apps.get_model(told["model"])
    fields = {field.attname: field for field in model._meta.concrete_fields}
    known = [(at, fields[name]) for at, name in enumerate(told["names"]) if name in fields]
    return model, [model(**{field.attname: field.to_python(row[at]) for at, field in known}) for row in told["rows"]]

"""The requests of an API specification as they are stored: one for each endpoint, below a base URL chosen later."""

import json
from collections.abc import Collection

from analyses.engines.contract import ApiRequest


def requests_at(base_url: str, stored: str, excluded: Collection[str] = ()) -> tuple[ApiRequest, ...]:
    """The stored requests below `base_url`, without those of the excluded endpoints."""
    base = base_url.partition("#")[0].partition("?")[0].rstrip("/")
    return tuple(
        ApiRequest(
            endpoint=entry["endpoint"],
            method=entry["method"],
            url=base + entry["path"],
            headers=tuple((name, value) for name, value in entry.get("headers", ())),
            body=entry.get("body", ""),
            content_type=entry.get("content_type", ""),
        )
        for entry in json.loads(stored)
        if entry["endpoint"] not in excluded
    )

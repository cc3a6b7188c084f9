"""One stage for each test; paces quickened, so that what takes seconds is seen in moments."""

from collections.abc import Iterator

import pytest

from notifications.models import InternalRecipient
from tests.statuses.stage import Stage


@pytest.fixture
def quick(settings, monkeypatch, tmp_path) -> None:
    """The scripted engine, one slot, short looks; the other engine is missing."""
    settings.SCRIPTED_ENGINE = True
    settings.SCAN_CAPACITY = 1
    settings.PROBE_SECONDS = 0.1
    settings.ENGINE_PYTHON = tmp_path / "nowhere"
    monkeypatch.setattr("analyses.following.WRITE_SECONDS", 0.1)


@pytest.fixture
def recipient(db) -> InternalRecipient:
    return InternalRecipient.objects.create(address="appsec@example.test")


@pytest.fixture
def stage(quick, alice, lead, recipient, settings) -> Iterator[Stage]:
    stage = Stage(alice, settings)
    try:
        yield stage
    finally:
        stage.close()

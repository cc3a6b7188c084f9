"""The engine and its surroundings."""

from pathlib import Path

import pytest
from django.conf import settings

from analyses.engines.wapiti import WapitiEngine


@pytest.fixture(scope="session")
def wapiti() -> WapitiEngine:
    return WapitiEngine()


@pytest.fixture(scope="session")
def wapiti_version() -> tuple[int, ...]:
    installed = next(Path(settings.ENGINE_PYTHON).parent.parent.glob("lib/*/site-packages/wapiti3-*.dist-info"))
    return tuple(map(int, installed.stem.partition("-")[2].split(".")))

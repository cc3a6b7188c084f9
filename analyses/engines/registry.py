"""The engines this installation knows. A new engine is one module and one line here."""

from analyses.engines.contract import Engine
from analyses.engines.scripted import ScriptedEngine
from analyses.engines.wapiti import WapitiEngine

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (WapitiEngine(), ScriptedEngine())}


def engine(name: str) -> Engine:
    """Return the engine of this name. Raises KeyError when there is none."""
    return ENGINES[name]

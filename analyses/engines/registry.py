"""The engines this installation knows. A new engine is one module, or one package, and one line here."""

from django.conf import settings

from analyses.engines.contract import Engine
from analyses.engines.scripted import ScriptedEngine
from analyses.engines.wapiti import WapitiEngine

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (WapitiEngine(), ScriptedEngine())}


def engine(name: str) -> Engine:
    """Return the engine of this name. Raises KeyError when there is none, or when settings keep it away."""
    if name == ScriptedEngine.name and not settings.SCRIPTED_ENGINE:
        raise KeyError(name)
    return ENGINES[name]

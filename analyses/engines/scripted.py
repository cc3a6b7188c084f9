class ScriptedEngine:
    name = "scripted"

"""Recorded crawl scripts, written as short as they can be."""

import json


def side(*commands: tuple[str, ...], name: str = "Login", url: str = "", **others) -> str:
    """A Selenium IDE project of one test; each command is its name, its target and its value."""
    steps = [dict(zip(("command", "target", "value"), command, strict=False)) for command in commands]
    return json.dumps({"id": "1", "version": "2.0", "url": url, "tests": [{"name": name, "commands": steps}]} | others)

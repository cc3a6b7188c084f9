"""Interpreters in which something else is installed under Wapiti's name: one of tests.engines.stand_in."""

import sys
from pathlib import Path

VERSION = "3.3.2"
INTERPRETER = """#!{python} -I
import runpy, sys
sys.path[:0] = {places!r}
words = [word for word in sys.argv[1:] if word not in ("-I", "-u")]
if words[0] == "-c":
    exec(words[1])
else:
    {run}
"""
AS_LAUNCHED = "sys.argv = words; runpy.run_path(words[0], run_name='__main__')"
# What does not even read what it is told, nor hear that it is not wanted any more.
NEVER_LAUNCHED = """import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open("ready", "w").close()
    time.sleep(3600)"""
WAPITI = """
import stand_in, sys
def wapiti_asyncio_wrapper():
    words = [word.removeprefix("--").partition("=") for word in sys.argv[1:]]
    stand_in.{behaviour}({{name: value for name, _, value in words}})
"""


def pretend(folder: Path, behaviour: str, run: str = AS_LAUNCHED) -> Path:
    """Make such an interpreter; what it runs behaves so."""
    site = folder / "site"
    files = {
        "wapitiCore/__init__.py": "",
        "wapitiCore/main/__init__.py": "",
        "wapitiCore/main/wapiti.py": WAPITI.format(behaviour=behaviour),
        "wapitiCore/net/__init__.py": "",
        "wapitiCore/net/crawler.py": "class AsyncCrawler: pass",
        "wapitiCore/net/explorer.py": "",
        f"wapiti3-{VERSION}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: wapiti3\nVersion: {VERSION}\n",
    }
    for name, text in files.items():
        file = site / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    interpreter = folder / "python"
    places = [str(site), str(Path(__file__).parent)]
    interpreter.write_text(INTERPRETER.format(python=sys.executable, places=places, run=run))
    interpreter.chmod(0o700)
    return interpreter

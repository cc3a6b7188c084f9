"""The shape of the project itself: who may import whom, what modules are called, what is pinned and documented."""

import ast
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT: Path = settings.BASE_DIR
ROOMS = ("dashboard", "analyses", "notifications")
SOURCES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts]

# Room: the only rooms of ours that it may import. Rooms not named here stand at the top and may import those below.
CONTRACTS = {
    "analyses.statuses",
    "analyses.actions",
    "analyses.moves",
    "analyses.engines.contract",
    "analyses.prescan.contract",
}
MAY_IMPORT = {
    "analyses.statuses": set(),
    "analyses.actions": {"analyses.said", "analyses.statuses"},
    "analyses.moves": {"analyses.statuses"},
    "analyses.schedules": set(),
    "analyses.schedule_words": {"analyses.said", "analyses.schedules", "analyses.weekday_words", "dashboard.moments"},
    "analyses.weekday_words": {"analyses.said"},
    "analyses.said": {"dashboard.moments"},
    "analyses.addresses": {"analyses.said"},
    "analyses.targets": {"analyses.addresses", "analyses.said"},
    "analyses.egress": {
        "analyses.egress",
        "analyses.addresses",
        "analyses.said",
        "analyses.targets",
        "dashboard.names",
    },
    "analyses.engines": {
        "analyses.engines",
        "analyses.addresses",
        "analyses.said",
        "analyses.targets",
        "analyses.egress",
        "dashboard.shutdown",
    },
    "analyses.prescan": {
        "analyses.prescan",
        "analyses.egress",
        "analyses.addresses",
        "analyses.said",
        "analyses.targets",
        "analyses.engines.process",
        *CONTRACTS,
    },
    "analyses.specifications": {
        "analyses.specifications",
        "analyses.addresses",
        "analyses.said",
        "analyses.engines.contract",
    },
    "analyses.demo_shop": {"analyses.demo_shop"},
    "analyses.models": {
        "analyses.models",
        "analyses.said",
        "analyses.schedules",
        "analyses.severity_words",
        "dashboard.encrypted_text",
        *CONTRACTS,
    },
    "analyses.doorbell": {"dashboard.celery"},
    "analyses.lifecycle": {
        "analyses.lifecycle",
        "analyses.models",
        "analyses.said",
        "analyses.schedules",
        "analyses.schedule_words",
        "analyses.targets",
        "analyses.doorbell",
        "dashboard.moments",
        "notifications",
        *CONTRACTS,
    },
    "notifications": {"notifications", "dashboard"},
    "dashboard": {"dashboard"},
}
WORKERS_ROOMS = (
    "analyses.runner",
    "analyses.pulse",
    "analyses.prescanner",
    "analyses.verifier",
    "analyses.retesting",
    "analyses.tasks",
)
PAGES_ROOMS = {"analyses.views", "analyses.forms", "analyses.filters", "analyses.access", "analyses.api"}
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}
MOST_LINES = 300

# Packages that are used without being imported: the word by which the code asks for them.
USED_BY_NAME = {"psycopg": "postgresql", "argon2-cffi": "Argon2PasswordHasher"}


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] in ROOMS)


def _is_in(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def _imports_of(room: str) -> Iterator[tuple[str, str]]:
    for path in SOURCES:
        if _is_in(_module(path), room):
            yield from ((_module(path), imported) for imported in _imports(path))


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_one_way(room):
    wrong = [
        f"{module} imports {imported}"
        for module, imported in _imports_of(room)
        if not any(_is_in(imported, allowed) for allowed in MAY_IMPORT[room])
    ]
    assert wrong == []


@pytest.mark.parametrize("room", WORKERS_ROOMS)
def test_what_works_in_the_background_knows_no_pages(room):
    assert [pair for pair in _imports_of(room) if any(_is_in(pair[1], page) for page in PAGES_ROOMS)] == []


def test_modules_are_named_after_what_they_do():
    assert [str(path) for path in SOURCES if path.stem in SAYS_NOTHING or path.parent.name in SAYS_NOTHING] == []


def test_modules_are_short_enough_to_be_read():
    lengths = {_module(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {module: lines for module, lines in lengths.items() if lines > MOST_LINES} == {}


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def _asked_for(list_name: str) -> set[str]:
    lines = (ROOT / list_name).read_text().splitlines()
    return {re.split(r"[\[<>=~; ]", line)[0].lower() for line in lines if line and line[0] not in "-#"}


def _pins(list_name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / list_name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-engine"])
def test_every_package_asked_for_is_pinned_with_its_hashes(name):
    assert _asked_for(f"{name}.in") - _pins(f"{name}.txt").keys() == set()
    entries = re.split(r"^(?=[a-z0-9])", (ROOT / f"{name}.txt").read_text(), flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-engine"])
def test_lists_of_packages_name_no_registry(name):
    assert re.findall(r"^-[-a-z].*|.*://.*", (ROOT / f"{name}.txt").read_text(), re.MULTILINE) == []


def test_development_runs_on_the_same_packages_as_production():
    development = _pins("requirements-dev.txt")
    assert {name: pin for name, pin in _pins("requirements.txt").items() if development.get(name) != pin} == {}


def test_every_package_asked_for_is_used():
    text = "\n".join(path.read_text() for path in SOURCES)
    modules: dict[str, set[str]] = {}
    for module, packages in packages_distributions().items():
        for package in packages:
            modules.setdefault(package.lower().replace("_", "-"), set()).add(module)
    unused = [
        package
        for package in _asked_for("requirements.in")
        if USED_BY_NAME.get(package, "\0") not in text
        and not any(re.search(rf"\b{module}\b", text) for module in modules.get(package, ()))
    ]
    assert unused == []


def test_every_environment_variable_is_documented():
    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "dashboard/settings.py").read_text()))
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs/operations.md").read_text()))
    assert read - documented == set()


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / ".ci").glob("*.sh")))
def test_shell_scripts_are_plain_enough_for_every_shell(script):
    subprocess.run(["sh", "-n", ROOT / ".ci" / script], check=True)


def test_the_documents_show_every_picture_and_no_other():
    texts = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {name for text in texts for name in re.findall(r"\(\S*pictures/([\w-]+\.png)\)", text.read_text())}
    assert shown == {path.name for path in (ROOT / "docs/pictures").iterdir()}

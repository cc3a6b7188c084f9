"""Twenty faults an attacker would be glad of, put into a copy of the product one at a time: the suite has to see each.

    python -m tests.security.seeded [name]

Says what caught each of them, and exits with 1 when one was not noticed. A fault whose text is not found in its file
any more has to be seeded anew: that is a failure too.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".engine", "var", "__pycache__", ".*_cache", ".hypothesis", "docs")
AT_ONCE = 2
PATIENCE = 600  # seconds, for the tests of one fault


@dataclass(frozen=True)
class Fault:
    """One piece of `file` is replaced; `tests` are those that should fail."""

    name: str
    file: str
    old: str
    new: str
    tests: str


FAULTS = (
    Fault(
        "analyses of other teams are shown",
        "analyses/models/configuration.py",
        "        return self.filter(\n            Q(owner=user.pk)\n",
        "        return self.filter(\n            Q(pk__gt=0)\n            | Q(owner=user.pk)\n",
        "tests/pages/test_findings.py",
    ),
    Fault(
        "an analysis is opened by its number, whoever asks",
        "analyses/access.py",
        "Analysis.objects.visible_to(user).select_related",
        "Analysis.objects.select_related",
        "tests/pages/test_summary.py",
    ),
    Fault(
        "a scan is opened by its number, whoever asks",
        "analyses/access.py",
        "occurrence__analysis__in=Analysis.objects.visible_to(user).filter(pk=analysis_pk)",
        "occurrence__analysis=analysis_pk",
        "tests/pages/test_scan_details.py",
    ),
    Fault(
        "sign-ins that others try out can be watched",
        "analyses/access.py",
        "SignInTest.objects.filter(user=user.pk).select_related",
        "SignInTest.objects.select_related",
        "tests/configure/test_sign_in_tests.py",
    ),
    Fault(
        "everybody has every role",
        "analyses/access.py",
        "    return right in rights_of(user)\n",
        "    return right in rights_of(user) or user.is_active\n",
        "tests/security/test_roles.py",
    ),
    Fault(
        "everybody stops everything",
        "analyses/access.py",
        "    if not (user.is_active and user.is_superuser):\n        raise Http404",
        "    if not user.is_active:\n        raise Http404",
        "tests/pages/test_stop_everything.py",
    ),
    Fault(
        "staff makes itself an administrator",
        "dashboard/administrators.py",
        "return request.user.is_active and request.user.is_superuser",
        "return request.user.is_active and request.user.is_staff",
        "tests/test_admin.py",
    ),
    Fault(
        "a target that is allowed to a team is allowed to all",
        "analyses/models/configuration.py",
        "Q(for_everybody=True) | Q(pk__in=theirs)",
        "Q(pk__gt=0) | Q(pk__in=theirs)",
        "tests/security/test_team_targets.py",
    ),
    Fault(
        "this machine is scanned",
        "analyses/targets.py",
        "    if real.is_loopback:\n",
        "    if False:\n",
        "tests/test_targets.py",
    ),
    Fault(
        "an IPv4 address in a tunnel's IPv6 one is not seen",
        "analyses/targets.py",
        "    return ip.ipv4_mapped or ip.sixtofour or ",
        "    return ip.ipv4_mapped or ",
        "tests/test_targets.py",
    ),
    Fault(
        "addresses a name leads to are not judged",
        "analyses/egress/guard.py",
        "        for ip in found:\n            if reason := address_refusal(",
        "        for ip in ():\n            if reason := address_refusal(",
        "tests/egress tests/prescan/test_reaching.py",
    ),
    Fault(
        "secrets are stored as they are",
        "dashboard/encrypted_text.py",
        "    return Sealed(_cipher(settings.CREDENTIAL_KEYS[:1], place).encrypt(text.encode()).decode())",
        "    return Sealed(text)",
        "tests/configure/test_secrets.py",
    ),
    Fault(
        "evidence is not escaped",
        "templates/analyses/finding.html",
        "{{ place.response }}",
        "{{ place.response|safe }}",
        "tests/pages/test_results.py tests/browser/test_evidence.py",
    ),
    Fault(
        "cells of an export are formulas",
        "analyses/exports.py",
        '    return f"\'{text}" if begins else text\n',
        "    return text\n",
        "tests/pages/test_exports.py tests/security/test_formulas.py",
    ),
    Fault(
        "exports are shown as pages",
        "dashboard/http.py",
        "attachment; filename",
        "inline; filename",
        "tests/pages/test_exports.py",
    ),
    Fault(
        "scripts may stand in pages",
        "dashboard/settings.py",
        '        "script-src": ["\'self\'"],',
        '        "script-src": ["\'self\'", "\'unsafe-inline\'"],',
        "tests/security/test_headers.py",
    ),
    Fault(
        "actions are asked for by other sites",
        "analyses/views/actions.py",
        '@require_http_methods(["GET", "HEAD", "POST"])\ndef act(',
        '@__import__("django.views.decorators.csrf", fromlist=["x"]).csrf_exempt\ndef act(',
        "tests/security/test_forgery.py",
    ),
    Fault(
        "the way back leads anywhere",
        "analyses/saved_views.py",
        "    asked = QueryDict(query[:_MOST_ADDRESS])\n    kept =",
        '    if "//" in query:\n        return query\n    asked = QueryDict(query[:_MOST_ADDRESS])\n    kept =',
        "tests/security/test_redirects.py",
    ),
    Fault(
        "an address becomes an option of the engine",
        "analyses/engines/wapiti/arguments.py",
        'words += [f"--exclude={pattern}" for',
        "words += [part for",
        "tests/engines/test_arguments.py",
    ),
    Fault(
        "pages are open to everybody",
        "dashboard/http.py",
        "        if request.htmx:\n            return HttpResponse(status=401)\n",
        "        if request.method:\n            return None\n",
        "tests/pages/test_analyses_list.py",
    ),
)


def main(only: str = "") -> int:
    faults = [fault for fault in FAULTS if only in fault.name]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(_try, faults))
    for fault, (noticed, said) in zip(faults, outcomes, strict=True):
        print(f"{'caught ' if noticed else 'MISSED '} {fault.name}: {said}")
    missed = sum(not noticed for noticed, _ in outcomes)
    print(f"faults={len(faults)} missed={missed}")
    return 1 if missed else 0


def _try(fault: Fault) -> tuple[bool, str]:
    """Whether the suite sees the fault, and what saw it, or why not."""
    with _copy() as product:
        file = product / fault.file
        text = file.read_text()
        if text.count(fault.old) != 1:
            return False, f"its text stands {text.count(fault.old)} times in {fault.file}"
        file.write_text(text.replace(fault.old, fault.new))
        report = product / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly", f"--junitxml={report}"]
        ran = subprocess.run(
            [*command, *fault.tests.split()], cwd=product, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if ran.returncode == 0:
            return False, f"{fault.tests} passed"
        failed = _failures(report)
        if ran.returncode != 1 or not failed:
            return False, f"the tests could not run: {ran.stdout[-300:]}{ran.stderr[-300:]}"
        return True, failed[0]


@contextmanager
def _copy() -> Iterator[Path]:
    """The product in a folder of its own, which can be broken."""
    with tempfile.TemporaryDirectory(prefix="vedette-seeded-") as folder:
        product = Path(folder, "product")
        shutil.copytree(ROOT, product, ignore=LEFT_OUT)
        for name in (".venv", ".engine"):
            if (ROOT / name).exists():
                os.symlink(ROOT / name, product / name)
        yield product


def _failures(report: Path) -> list[str]:
    """The tests that failed because something was not as they say; an error before a test is none."""
    cases = ElementTree.parse(report).iter("testcase") if report.exists() else ()
    return [f"{case.get('classname')}.{case.get('name')}" for case in cases if case.find("failure") is not None]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))

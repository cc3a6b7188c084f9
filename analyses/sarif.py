"""Findings as SARIF 2.1.0, for tools that read results of analyses. Written piece by piece, like all exports."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import F, Prefetch
from django.utils.encoding import iri_to_uri

from analyses.exports import MOST_FINDINGS, findings_of, link_of, said_in_english, streamed
from analyses.finding_filters import ShownFindings
from analyses.lifecycle.comparison import Change
from analyses.models import AnalysisOccurrence, Judgement
from analyses.remediation import remedy_for

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# SARIF knows three levels; the number beside it is what readers sort security results by (0 to 10).
SARIF_LEVELS = {
    "critical": ("error", "9.5"),
    "high": ("error", "8.0"),
    "medium": ("warning", "5.5"),
    "low": ("note", "3.0"),
    "info": ("note", "0.0"),
}
# States in SARIF's words: a suppression is a decision that something is not to be mended.
SARIF_SUPPRESSED = {"false_positive": "False positive", "accepted": "Accepted risk"}
# The judgement by which a finding came to its state.
_SETTLED = Prefetch(
    "judgements", Judgement.objects.exclude(new_state=F("old_state")).order_by("-pk")[:1], to_attr="settled"
)
SARIF_BASELINE = {Change.NEW: "new", Change.STILL: "unchanged", Change.GONE: "absent"}


def as_sarif(shown: ShownFindings, site: str) -> Iterator[str]:
    """A log of one run."""
    return sarif_of([shown], site)


def sarif_of(several: Iterable[ShownFindings], site: str, **told: Any) -> Iterator[str]:
    """A log of one run or several, and what else is `told` of them."""
    head = {"$schema": SARIF_SCHEMA, "version": "2.1.0", **({"properties": told} if told else {})}
    yield json.dumps(head)[:-1] + ', "runs": ['
    separator = ""
    for shown in several:
        yield separator
        yield from _sarif_run(shown, site)
        separator = ",\n"
    yield "]}"


def _sarif_run(shown: ShownFindings, site: str) -> Iterator[str]:
    """Each category is a rule; places are web addresses."""
    run, before = shown.run, shown.comparison.before
    head = {
        "tool": {
            "driver": {
                "name": "Vedette",
                "rules": [_rule(name) for name in shown.categories()],
            }
        },
        "automationDetails": {"id": f"vedette/{run.analysis_id}/{run.number}", "guid": _guid(run, site)},
        **({"baselineGuid": _guid(before, site)} if before else {}),
        "columnKind": "utf16CodeUnits",
    }
    return streamed(head, "results", (_result(each, site) for each in findings_of(shown, MOST_FINDINGS, _SETTLED)))


def _guid(run: AnalysisOccurrence, site: str) -> str:
    """What a run is called in every file that tells of it, and in those of runs that are compared with it."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{site}/analyses/{run.analysis_id}/results/?occurrence={run.number}"))


def rule_id(category: str) -> str:
    """A name for a category that stays the same and holds nothing that a target wrote."""
    cwe = remedy_for(category).cwe
    digest = hashlib.sha256(category.encode()).hexdigest()[:8]
    return f"CWE-{cwe}/{digest}" if cwe else digest


@said_in_english
def _rule(category: str) -> dict[str, Any]:
    remedy = remedy_for(category)
    rule: dict[str, Any] = {
        "id": rule_id(category),
        "name": category,
        "shortDescription": {"text": category},
        "fullDescription": {"text": str(remedy.risk)},
        "help": {"text": str(remedy.advice)},
        "properties": {"tags": ["security", *([f"external/cwe/cwe-{remedy.cwe}"] if remedy.cwe else [])]},
    }
    if remedy.cwe:
        rule["helpUri"] = f"https://cwe.mitre.org/data/definitions/{remedy.cwe}.html"
    return rule


def _result(finding: Any, site: str) -> dict[str, Any]:
    level, number = SARIF_LEVELS[finding.severity]
    where = f"{finding.method} {finding.host}{finding.path}"
    told = f"{finding.category} at {where}{f' in {finding.parameter}' if finding.parameter else ''}"
    result: dict[str, Any] = {
        "ruleId": rule_id(finding.category),
        "level": level,
        "message": {"text": told},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(place.url)}}} for place in finding.places],
        "partialFingerprints": {"vedette/v1": finding.fingerprint},
        "hostedViewerUri": link_of(finding, site),
        "properties": {
            "security-severity": number,
            "severity": finding.severity,
            "state": finding.state,
            "method": finding.method,
            "parameter": finding.parameter,
        },
    }
    if finding.state in SARIF_SUPPRESSED:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": _justification(finding)}]
    if baseline := SARIF_BASELINE.get(Change(finding.change)) if finding.change else None:
        result["baselineState"] = baseline
    return result


def _justification(finding: Any) -> str:
    """What it was judged, and why: whoever said so had to say that."""
    why = finding.settled[0].comment if finding.settled else ""
    return f"{SARIF_SUPPRESSED[finding.state]}{why and f': {why}'}"


def _uri(url: str) -> str:
    """An address as the standard wants it: nothing but the characters a URI may have."""
    return iri_to_uri(url).replace('"', "%22").replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C")

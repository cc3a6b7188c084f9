"""Testing findings again before they are published: each finding once, the worst first, within bounds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from analyses import lifecycle, verifier
from analyses.engines.contract import FoundFlaw, Retested, Severity, Target
from analyses.lifecycle import Claim
from analyses.models import FindingInstance
from analyses.models.findings import Verification
from analyses.moves import Ending
from analyses.pulse import Pulse
from tests.scene import FLAW, running

TARGET = Target(url="http://shop.test/")
LESSER = replace(FLAW, severity=Severity.LOW, url="http://shop.test/lesser", parameter="q")
ELSEWHERE = replace(FLAW, url="http://shop.test/item?id=2", info="Another place of the same flaw")

pytestmark = pytest.mark.django_db


class Confirming:
    """An engine that confirms whatever it is asked, and remembers what that was."""

    def __init__(self) -> None:
        self.asked: list[FoundFlaw] = []

    def retest(self, target: Target, flaws: Sequence[FoundFlaw], workdir: Path, seconds: float) -> Iterator[Retested]:
        self.asked += flaws
        yield from (Retested(position, confirmed=True) for position in range(len(flaws)))


@pytest.fixture
def engine() -> Confirming:
    return Confirming()


@pytest.fixture
def held(alice) -> Claim:
    """A scan that has ended with these findings, which are still to be verified."""
    claimed = running(alice)[2][0]
    lifecycle.record_found(claimed, [LESSER, FLAW, ELSEWHERE])
    lifecycle.end_run(claimed, Ending.COMPLETED)
    return claimed


def outcomes() -> dict[str, str]:
    return dict(FindingInstance.objects.values_list("url", "verification"))


def test_each_finding_is_tested_once_and_speaks_for_all_its_places(held, engine, tmp_path):
    verifier.verify(Pulse(held), engine, TARGET, tmp_path)
    assert [flaw.url for flaw in engine.asked] == [FLAW.url, LESSER.url]
    assert outcomes() == dict.fromkeys((FLAW.url, ELSEWHERE.url, LESSER.url), Verification.CONFIRMED)


def test_of_too_many_findings_the_worst_are_tested(held, engine, tmp_path, monkeypatch):
    monkeypatch.setattr(verifier, "MOST_FINDINGS", 1)
    verifier.verify(Pulse(held), engine, TARGET, tmp_path)
    assert outcomes() == {
        FLAW.url: Verification.CONFIRMED,
        ELSEWHERE.url: Verification.CONFIRMED,
        LESSER.url: Verification.PENDING,
    }
    lifecycle.publish(held)
    assert outcomes()[LESSER.url] == Verification.NOT_RETESTED


def test_without_a_sign_in_nothing_is_tested(held, engine, tmp_path):
    verifier.verify(Pulse(held), engine, None, tmp_path)
    assert engine.asked == []
    assert set(outcomes().values()) == {Verification.PENDING}

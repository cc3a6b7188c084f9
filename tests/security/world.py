"""An installation in which something of everything has happened, and what stands for the placeholders of addresses."""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.apps import apps
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from analyses import lifecycle, presence
from analyses.actions import Action
from analyses.configuration_templates import save_as_template
from analyses.engines.contract import CrawledPage, Phase, Progress
from analyses.lifecycle.triaging import triage
from analyses.models import (
    AllowedTarget,
    Analysis,
    ConfigurationTemplate,
    EngineLog,
    Finding,
    PrescanStep,
    RetestOutcome,
    SavedView,
    Scan,
    ScanOccurrence,
    SignInTest,
    SignInTestStage,
    SignInTestStep,
    Specification,
    State,
)
from analyses.moves import Ending
from notifications.models import Hook, HookMessage, InternalRecipient, OutgoingMail
from tests.results.runs import FAILED, HEADER, SQL, XSS, A, B, found, run
from tests.scene import FLAW, UNREACHED, an_analysis, prescanned, running

PICTURE = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
EVIDENCE = {"request": "GET /item?id=1 HTTP/1.1\nHost: a.test", "response": "HTTP/1.1 500\n\nnear", "info": "near ';'"}
# What an address may hold beside numbers of rows: by the text before the placeholder, or by its name alone.
WORDS = {
    "actions/": [*Action],
    "export/": ["csv", "json", "sarif"],
    "log/": ["csv", "json"],
    "pictures/": [0],
    "account/keys/": [1],  # nobody has one
    "provider_id": ["of-nobody"],
    "app_label": ["analyses", "auth", "notifications"],
    "url": ["no-such-page/"],
    "token": ["of-no-link"],
    "kinds/": ["digest", "no-such-kind"],
}

MOST_ADMINISTERED = 3  # rows of a table whose pages of the administration are looked at


@dataclass
class World:
    """Who made it, and what the tests look at by name. The rest is in the database."""

    owner: User
    team: Group
    compared: Analysis  # run twice, judged and published: it has results of all kinds
    extra: dict[str, list[object]] = field(default_factory=dict)  # placeholders of tests

    def values(self, before: str, name: str, chosen: dict[str, str]) -> list[object]:
        """What a placeholder can stand for: `before` is the address so far, `chosen` what was filled in before it."""
        for known, words in {**self.extra, **WORDS}.items():
            if before.endswith(known) or name == known:
                return words
        model = self._model(before, name, chosen)
        assert model is not None, f"tests/security/world.py does not know what stands for <{name}> after {before!r}"
        return model

    def _model(self, before: str, name: str, chosen: dict[str, str]) -> list[object] | None:
        if name == "mail_id":
            return _numbers(OutgoingMail.objects.all())
        if name == "content_type_id":
            return [ContentType.objects.get_for_model(Analysis).pk]
        if before.startswith("admin/r/"):
            return _numbers(Analysis.objects.all())
        if administered := re.fullmatch(r"admin/(\w+)/(\w+)/", before):
            return _numbers(apps.get_model(*administered.groups()).objects.all())[:MOST_ADMINISTERED]
        if re.fullmatch(r"analyses/\d+/scans/", before):
            return _numbers(ScanOccurrence.objects.filter(occurrence__analysis=chosen["pk"]))
        if re.fullmatch(r"analyses/\d+/findings/", before):
            return _numbers(Finding.objects.filter(analysis=chosen["pk"]))
        if re.fullmatch(r"sign-in-tests/\d+/", before):
            return _numbers(SignInTestStep.objects.filter(test=chosen["pk"]), "position")
        if re.fullmatch(r"sign-in-tests/\d+/\d+/", before):
            return [0]
        tables = {"analyses/": Analysis, "views/": SavedView, "templates/": ConfigurationTemplate}
        tables["sign-in-tests/"] = SignInTest
        return _numbers(tables[before].objects.all()) if before in tables else None


def _numbers(rows, name: str = "pk") -> list[object]:
    return list(rows.order_by(name).values_list(name, flat=True)[:12])


def make_world(owner: User, team: Group) -> World:
    """Make all of it. Needs the transaction of a test."""
    presence.say_present("worker@here", "default")
    AllowedTarget.objects.create(pattern="*.test", note="Approved")
    InternalRecipient.objects.create(address="reader@example.test", note="Reads")
    common = {"business_unit": "Shops", "contact_name": "Carol", "recipients": "told@example.test"}
    _compared(owner, common)
    _, _, claims = running(owner, name="Held", hold_results=True, **common)
    for claim in claims:
        lifecycle.record_found(claim, [replace(FLAW, **EVIDENCE)])
        lifecycle.end_run(claim, Ending.COMPLETED)
        lifecycle.publish(claim)  # verified: it waits for a reviewer
    _waiting(owner, common)
    _api(owner)
    _deleted(owner, common)
    _running(owner, common)
    lifecycle.delete(an_analysis(owner, name="<b>Deleted</b>", **common), owner)
    prescanned(lifecycle.submit(an_analysis(owner, name="Failed", **common), owner), UNREACHED)
    for analysis in Analysis.objects.all():
        analysis.teams.add(team)
    _around(owner, team)
    return World(owner, team, Analysis.objects.get(name="Compared"))


def _compared(owner: User, common: dict[str, str]) -> None:
    """A second run, partial, of which something was judged before."""
    analysis = an_analysis(owner, A, B, name="Compared", description="What it is for.", **common)
    run(analysis, owner, found(replace(SQL, **EVIDENCE), XSS), found(HEADER))
    triage(analysis, Finding.objects.values_list("pk", flat=True), State.FALSE_POSITIVE, owner, "A test page.")
    run(
        analysis, owner, found(replace(SQL, **EVIDENCE), replace(SQL, parameter="sort", wstg=("WSTG-INPV-05",))), FAILED
    )
    for finding in Finding.objects.filter(analysis=analysis, last_seen__number=2)[:1]:
        retest = lifecycle.ask_to_retest(finding, finding.instances.latest("pk").scan_occurrence, owner)
        lifecycle.end_retest(retest.pk, RetestOutcome.UNKNOWN, "It was away.")
        lifecycle.ask_to_retest(finding, retest.scan_occurrence, owner)
    for scan in ScanOccurrence.objects.filter(occurrence__analysis=analysis):
        PrescanStep.objects.filter(scan_occurrence=scan).update(screenshot=PICTURE)
        said = {"text": "[*] Something was said", "updated_at": timezone.now()}
        EngineLog.objects.update_or_create(scan_occurrence=scan, defaults=said)


def _waiting(owner: User, common: dict[str, str]) -> None:
    start = timezone.now() + timedelta(minutes=5)
    planned = an_analysis(owner, name="Planned", start_at=start, repeat="daily", zone="Asia/Tokyo", **common)
    lifecycle.submit(planned, owner, start_at=start)
    draft = an_analysis(owner, name="Draft", excluded_urls="http://shop.test/out", user_agent="Agent", **common)
    draft.scans.update(
        sign_in_method="form", login_url="http://shop.test/login", username="carol", check_text="Sign out",
        allowed_hosts="cdn.test", headers_name="X-Shop", logout_url="http://shop.test/out",
        login_script_name="login.side", crawl_script_name="crawl.side", client_certificate_name="CN=carol",
    )  # fmt: skip


def _api(owner: User) -> None:
    analysis = an_analysis(owner, name="API")
    analysis.scans.all().delete()
    file = Specification.objects.create(
        analysis=analysis, name="pets.json", title="Pets", form="OpenAPI 3.1", base_url="http://pets.test/",
        endpoints=[{"method": "GET", "path": "/pets", "summary": "All"}], notes="Left out: one.", requests="[]",
        uploaded_by=owner,
    )  # fmt: skip
    Scan.objects.create(analysis=analysis, url="http://pets.test/", specification=file)
    occurrence = lifecycle.submit(analysis, owner)
    prescanned(occurrence)


def _running(owner: User, common: dict[str, str]) -> None:
    _, _, claims = running(owner, "http://shop.test/", "http://b.test/", name="Running", **common)
    lifecycle.heartbeat(claims[0], Progress(Phase.ATTACKING, 48, 212, 384, "Cross Site Scripting"))
    lifecycle.record_crawled(claims[0], [CrawledPage("GET", f"http://shop.test/{n}", 200) for n in range(3)])
    lifecycle.record_found(claims[0], [replace(FLAW, **EVIDENCE)])
    lifecycle.record_log(claims[0], "[*] Launching module sql\n")
    ScanOccurrence.objects.filter(pk=claims[0].scan_id).update(host="worker@here", stalled=True)


def _deleted(owner: User, common: dict[str, str]) -> None:
    """Its results can still be had back."""
    analysis, _, [claim] = running(owner, name="Deleted", **common)
    lifecycle.record_found(claim, [replace(FLAW, **EVIDENCE)])
    lifecycle.stop(analysis, owner, keep=False)
    lifecycle.end_run(claim, Ending.STOPPED)


def _around(owner: User, team: Group) -> None:
    """What people keep beside their analyses."""
    save_as_template(Analysis.objects.get(name="Draft"), "Usual", owner, [team])
    SavedView.objects.create(user=owner, name="Mine", query="owner=a&name=shop")
    test = SignInTest.objects.create(
        user=owner, url="http://shop.test/", succeeded=False, cause="No", advice="Correct it.", ended_at=timezone.now()
    )
    for position, outcome in enumerate(("passed", "skipped", "failed")):
        step = SignInTestStep.objects.create(
            test=test,
            position=position,
            name="Sign-in",
            outcome=outcome,
            cause="No",
            advice="Look.",
            screenshot=PICTURE,
        )
        SignInTestStage.objects.create(step=step, position=0, words="Opened", screenshot=PICTURE)
    OutgoingMail.objects.update(last_error="550 no such person")
    hook = Hook.objects.create(name="Chat", address="https://chat.test/services/x", secret="of both", events=["test"])
    hook.teams.add(team)
    HookMessage.objects.create(hook=hook, key="test:1:1", event="test", body="{}", last_error="410 gone")
    LogEntry.objects.create(
        user=owner, content_type=ContentType.objects.get_for_model(Analysis), object_id=Analysis.objects.first().pk,
        object_repr="Shop", action_flag=ADDITION, change_message="Made",
    )  # fmt: skip

"""The canary sweep: secrets nobody can mistake go through the whole main job, and are looked for everywhere after it.

Two analyses are submitted, prescanned, scanned, tested again, published and mailed: one with the real engine, one with
every kind of secret there is, one scan of which fails at a site that gives away what it was sent. While that goes on
the command lines and environments of all processes are watched. Then everything that is kept, shown or sent is read.
"""

import base64
import html
import io
import json
import logging
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from kombu.transport.memory import Channel

from analyses import frozen, lifecycle, prescanner, retesting, runner, sign_in_tests, tasks
from analyses.models import AllowedTarget, Analysis, EngineLog, Finding, ScanOccurrence, SignInTest, Specification
from analyses.models.secrets import SECRETS
from analyses.prescan.contract import Session as SignedInSession
from analyses.targets import AllowedNow
from notifications import delivery
from tests.prescan.scripts import side
from tests.scene import an_analysis, scans_of, status
from tests.targets import certificates
from tests.targets.serving import Answer, Asked, redirect, serve
from tests.targets.sites import FormSite

pytestmark = [pytest.mark.engine, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HTMX = {"HX-Request": "true"}
TABS = ("", "configure/", "duplicate/", "scans/", "results/", "history/", "configuration/")
EXPORTS = ("results/report/", "results/export/csv/", "results/export/json/", "results/export/sarif/")


@dataclass
class Canaries:
    """The planted secrets by what they are, and where one of them was seen."""

    planted: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    read: dict[str, int] = field(default_factory=dict)  # place: how much of it was read

    def new(self, what: str) -> str:
        """A secret with characters that every encoding writes in its own way."""
        return self.plant(what, f"Canary+{what}&{secrets.token_hex(8)}/=")

    def plant(self, what: str, secret: str) -> str:
        self.planted[what] = secret
        return secret

    def look(self, place: str, text: str | bytes) -> None:
        """Look for all of them in a text, in every spelling."""
        data = text.encode("utf-8", "replace") if isinstance(text, str) else text
        self.read[place] = self.read.get(place, 0) + len(data)
        for what, secret in list(self.planted.items()):  # the watch looks while others are planted
            if any(spelling in data for spelling in spellings(secret)):
                self.seen.add(f"{what} in {place}")


def spellings(secret: str) -> set[bytes]:
    """A secret as it is, and as addresses, pages, JSON and base 64 write it, wherever in a text it begins."""
    texts = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
    texts |= {json.dumps(secret)[1:-1], json.dumps(secret)[1:-1].replace("&", "\\u0026")}
    raw = secret.encode()
    inner = {base64.b64encode(b"\0" * lead + raw)[lead and 4 : -4] for lead in range(3)}
    return {text.encode() for text in texts} | inner


@pytest.mark.parametrize("lead", range(5))
def test_every_spelling_is_recognized(lead):
    """The test of this test."""
    canaries = Canaries()
    secret = canaries.new("password")
    for number, spelled in enumerate(
        [
            secret,
            quote_plus(secret),
            html.escape(secret),
            json.dumps({"a": secret}),
            base64.b64encode(b"x" * lead + secret.encode() + b"y" * 7).decode(),
        ]
    ):
        canaries.look(f"place {number}", f"before {spelled} after")
    assert len(canaries.seen) == 5
    canaries.seen.clear()
    canaries.look("elsewhere", secret[:-6])
    assert canaries.seen == set()


class Watch(threading.Thread):
    """Reads the command lines and environments of all processes, and the limits of ours, for as long as it goes on."""

    def __init__(self, canaries: Canaries):
        super().__init__(daemon=True)
        self._canaries = canaries
        self._over = threading.Event()
        self.core_files: set[str] = set()

    def run(self) -> None:
        while not self._over.wait(0.05):
            for folder in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        self._canaries.look(f"/proc: {name}", (folder / name).read_bytes())
                    except OSError:
                        continue
                self._limits_of_engine(folder)

    def _limits_of_engine(self, folder: Path) -> None:
        try:
            if b"launcher" in (folder / "cmdline").read_bytes() and (folder / "stat").read_text().split()[2] != "Z":
                lines = (folder / "limits").read_text().splitlines()
                self.core_files |= {line.split()[4] for line in lines if line.startswith("Max core file size")}
        except (OSError, IndexError):
            return

    def end(self) -> None:
        self._over.set()
        self.join(10)


def signed_in_by_header(expected: str):
    def answer(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != expected:
            return Answer("Who are you?", 401)
        form = "<form action='/search'><input name='q'></form><a href='/search?q=a'>a</a>"
        return Answer(f"<h1>Welcome, alice</h1>{form}")

    return answer


def gives_away_what_it_was_sent(asked: Asked) -> Answer:
    """A sign-in that fails, with the password in the address that it leads to."""
    if asked.method == "POST":
        return redirect(f"/login/?error=1&again={quote(asked.fields.get('pass', ''), safe='')}")
    shown = html.escape(asked.query.get("again", ""))
    return Answer(
        f"<title>{shown}</title><p>Not {shown}</p><form method='post' action='/login/'>"
        f"<input name='user'><input type='password' name='pass' value='{shown}'></form>"
    )


def api(asked: Asked) -> Answer:
    return Answer(json.dumps({"path": asked.path}), headers=(("Content-Type", "application/json"),))


@pytest.fixture
def root(db) -> User:
    return User.objects.create_superuser("root", "root@example.test", "a-long-password-1")


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, by anybody, at every level, with the tracebacks."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(level)


def with_the_real_engine(alice, canaries: Canaries, site) -> Analysis:
    analysis = an_analysis(alice, site.url, name="Real", engine="wapiti", recipients="someone@example.test")
    scan = analysis.scans.get()
    scan.sign_in_method, scan.login_url, scan.username = "form", f"{site.url}login/", "alice"
    scan.secret = canaries.planted["password"]
    scan.headers, scan.headers_name = f"X-Shop: {canaries.new('extra-header')}", "X-Shop"
    scan.save()
    return analysis


def with_everything(alice, canaries: Canaries, site, leaky, service, pem: str) -> Analysis:
    analysis = an_analysis(alice, site.url, leaky.url, name="Everything", hold_results=False)
    scan, failing = analysis.scans.all()
    scan.sign_in_method, scan.header, scan.check_text = "header", "Authorization", "Welcome"
    scan.secret = canaries.planted["header-value"]
    scan.totp_secret = canaries.plant("key-for-codes", base64.b32encode(secrets.token_bytes(20)).decode())
    scan.headers, scan.headers_name = f"X-Other: {canaries.new('other-header')}", "X-Other"
    scan.client_certificate, scan.client_certificate_name = pem, "CN=alice.test"
    for name in ("login_script", "logout_script", "crawl_script"):
        typed = ("open", "/"), ("type", "name=q", canaries.new(name))
        setattr(scan, name, side(*typed, url=site.url))
        setattr(scan, f"{name}_name", f"{name}.side")
    scan.save()
    failing.sign_in_method, failing.login_url, failing.username = "form", f"{leaky.url}login/", "alice"
    failing.secret = canaries.new("given-away")
    failing.save()
    request = {"endpoint": "GET /pets", "method": "GET", "path": "/pets", "headers": [], "body": "", "content_type": ""}
    request["headers"] = [["X-Key", canaries.new("specification-header")]]
    request["body"] = json.dumps({"pin": canaries.new("specification-body")})
    file = Specification.objects.create(
        analysis=analysis, name="pets.json", form="OpenAPI 3.1", base_url=service.url,
        endpoints=[{"method": "GET", "path": "/pets", "summary": "All"}], requests=json.dumps([request]),
    )  # fmt: skip
    analysis.scans.create(url=service.url, specification=file, position=2)
    return analysis


def tried_out(alice, analysis: Analysis) -> None:
    """Somebody tries out the sign-ins."""
    for scan in analysis.occurrences.get().scans.all():
        test = SignInTest.objects.create(
            user=alice, analysis=analysis, url=scan.url, specification_id=scan.specification_id,
            configuration=scan.configuration, **{name: getattr(scan, name) for name in SECRETS},
        )  # fmt: skip
        sign_in_tests.drive(test.pk)


def had_tested(alice, analysis: Analysis) -> None:
    """Somebody has findings tested again, signed in anew."""
    for finding in Finding.objects.filter(analysis=analysis).order_by("pk")[:2]:
        retest = retesting.begin(finding, retesting.place_of(finding), alice)
        retesting.drive(retest.pk)
        retest.refresh_from_db()
        assert retest.outcome == "there", retest.cause


def test_no_secret_is_found_anywhere_after_the_main_job(alice, lead, root, settings, logged, tmp_path):
    settings.SCRIPTED_ENGINE = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.WORK_DIR = tmp_path / "work"
    canaries = Canaries()
    authority = certificates.authority(tmp_path)
    pem = authority.person("alice.test").pem
    canaries.plant("certificate-key", pem.split("-----")[2].strip().splitlines()[1])
    password, bearer = canaries.new("password"), f"Bearer {canaries.new('bearer')}"
    canaries.plant("header-value", bearer)
    shop = FormSite(password=password)
    watch = Watch(canaries)
    watch.start()
    with (
        serve(shop) as real,
        serve(signed_in_by_header(bearer)) as site,
        serve(gives_away_what_it_was_sent) as leaky,
        serve(api) as service,
    ):
        for place in (real, site, leaky, service):
            AllowedTarget.objects.create(pattern=place.spot)
        made = [
            with_the_real_engine(alice, canaries, real),
            with_everything(alice, canaries, site, leaky, service, pem),
        ]
        for analysis in made:
            occurrence = lifecycle.submit(analysis, alice)
            prescanner.drive(occurrence.pk)
            tried_out(alice, analysis)
            for scan in scans_of(occurrence):
                canaries.look("descriptions of what is at work", described(scan))
                runner.drive(scan.pk)
            tasks.sweep()
        had_tested(alice, made[0])
        ended = {scan.url: (status(scan), scan.cause) for scan in ScanOccurrence.objects.all()}
        assert ended[real.url][0] == ended[site.url][0] == "Completed - Results Available", ended
        assert ended[service.url][0] == "Completed - Results Available", ended
        assert ended[leaky.url][0] == "Authentication Error", ended
        assert shop.submitted  # the secrets were used
        assert any(asked.headers.get("x-other") == canaries.planted["other-header"] for asked in site.asked)
        assert any(asked.headers.get("x-key") == canaries.planted["specification-header"] for asked in service.asked)
        delivery.deliver_due()
    watch.end()
    look_everywhere(canaries, alice, root, made, logged)
    assert canaries.seen == set()
    assert watch.core_files == {"0"}  # no core file would hold them
    empty = [place for place, length in canaries.read.items() if not length]
    assert empty == []
    assert len(canaries.read) >= 12, canaries.read


def described(scan: ScanOccurrence) -> str:
    """What our own objects say of themselves: it ends up in logs and error reports."""
    target = frozen.prescan_target(scan, allowed=AllowedNow())
    return "\n".join(map(repr, (scan, target, frozen.engine_target(scan, SignedInSession(), allowed=AllowedNow()))))


def look_everywhere(canaries: Canaries, alice, root, made: list[Analysis], logged: io.StringIO) -> None:
    for person in (alice, root):
        browser = Client()
        browser.force_login(person)
        look_at_pages(canaries, browser, made)
        look_at_error_page(canaries, browser, made[1])
    look_at_admin(canaries, browser)
    look_at_mails(canaries)
    look_at_messages(canaries)
    look_at_files(canaries)
    for command in ("audit", "rotate_keys"):
        said = io.StringIO()
        call_command(command, stdout=said)
        canaries.look(f"manage.py {command}", said.getvalue())
    for row in Session.objects.all():
        canaries.look("sessions", json.dumps(row.get_decoded()))
    look_at_database(canaries)
    canaries.look("the log", logged.getvalue())


def look_at_pages(canaries: Canaries, browser: Client, made: list[Analysis]) -> None:
    paths = ["/", "/calendar/", "/statuses/", "/help/", "/templates/", "/analyses/new/", "/stop-everything/"]
    for analysis in made:
        own = f"/analyses/{analysis.pk}/"
        paths += [f"{own}{tab}" for tab in TABS]
        for export in EXPORTS:
            answer = browser.get(own + export)
            assert answer.status_code == 200, export
            canaries.look("exports", answer.getvalue())
        for scan in ScanOccurrence.objects.filter(occurrence__analysis=analysis):
            paths += [f"{own}scans/{scan.pk}/", f"{own}scans/{scan.pk}/pictures/"]
            if EngineLog.objects.filter(scan_occurrence=scan).exists():
                canaries.look("engine logs", browser.get(f"{own}scans/{scan.pk}/engine-log/").content)
    paths += [f"/sign-in-tests/{pk}/" for pk in SignInTest.objects.values_list("pk", flat=True)]
    for path in paths:
        for place, headers in (("pages", {}), ("polls", HTMX)):
            answer = browser.get(path, headers=headers, follow=True)
            canaries.look(place, b"".join(answer) if answer.streaming else answer.content)
            canaries.look("headers and cookies", f"{answer.headers} {answer.cookies}")
            if answer.context and "messages" in answer.context:
                canaries.look("messages", f"messages: {[str(message) for message in answer.context['messages']]}")


def look_at_error_page(canaries: Canaries, browser: Client, analysis: Analysis) -> None:
    """Something breaks while a form full of secrets is saved."""
    address = reverse("analyses:configure", args=[analysis.pk])
    sent = {f"scan-{analysis.scans.first().pk}-secret": canaries.planted["header-value"], "then": "save"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analyses.views.configure.analysis_for", lambda *_: 1 / 0)
        browser.raise_request_exception = False
        answer = browser.post(address, sent)
    assert answer.status_code == 500
    canaries.look("the page of an error", answer.content)


def look_at_admin(canaries: Canaries, browser: Client) -> None:
    for model in apps.get_models():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        try:
            listed = browser.get(reverse(f"{name}_changelist"))
        except Exception:  # not registered
            continue
        canaries.look("administration", listed.content)
        for pk in model._default_manager.values_list("pk", flat=True)[:20]:
            for page in ("change", "history"):
                canaries.look("administration", browser.get(reverse(f"{name}_{page}", args=[pk])).content)


def look_at_mails(canaries: Canaries) -> None:
    assert mail.outbox
    for message in mail.outbox:
        canaries.look("mails", message.message().as_bytes())
        canaries.look("mails", f"{message.subject}\n{message.body}\n{message.alternatives}")


def look_at_messages(canaries: Canaries) -> None:
    waiting = [message for queue in Channel.queues.values() for message in list(queue.queue)]
    assert waiting
    for message in waiting:
        canaries.look("the broker", json.dumps(message))
        canaries.look("the broker", base64.b64decode(message["body"]))


def look_at_files(canaries: Canaries) -> None:
    canaries.look("work folders", "work:")
    for folder in (configured.WORK_DIR, configured.MEDIA_ROOT, configured.MAIL_DIR):
        for path in Path(folder).rglob("*"):
            canaries.look("work folders", str(path))
            if path.is_file():
                canaries.look("work folders", path.read_bytes())


def look_at_database(canaries: Canaries) -> None:
    """Every column of every row of every table, as it is stored: also those that are encrypted."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                canaries.look(f"the table {table}" if "activity" in table else "the other tables", repr(row))

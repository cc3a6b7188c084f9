"""People who use the pages while things break, and the ledger of what they were answered."""

import random
import re
from dataclasses import dataclass, field

import httpx

from tests.configure.pages import form_of
from tests.faults.installation import PASSWORD

# What the scripted engine plays, and how often it is chosen.
PLAYS = {
    "play=complete&seconds={}": 8,
    "play=nothing-found&seconds={}": 3,
    "play=fails&seconds={}": 1,
    "play=fails-after-finding&seconds={}": 2,
    "play=hangs-after-finding&seconds={}": 2,
    "play=does-not-start": 1,
}
VERBS = {"pause": 4, "resume": 4, "stop-save": 2, "stop-delete": 2}
MOST_LIVE = 20
SUBMITTED = "Submitted. The prescan begins"


@dataclass
class Entry:
    """One analysis in the ledger. A submit whose answer was lost may have been heard or not: it is `unsure`."""

    name: str
    pk: int = 0  # 0 while its creation was not answered
    answered: int = 0
    unsure: int = 0


@dataclass
class People:
    """Somebody with a browser, at random. Everything goes through the pages."""

    address: str
    targets: list[str]  # host:port that answers, and one that does not
    chance: random.Random
    ledger: list[Entry] = field(default_factory=list)
    asked: int = 0
    failed: int = 0  # requests that were not answered, or with an error
    _fields: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browser = httpx.Client(base_url=self.address, timeout=25)

    # --- Asking ---

    def sign_in(self) -> None:
        self.browser.cookies.clear()
        self.browser.get("/sign-in/")
        self._post("/sign-in/", {"username": "admin", "password": PASSWORD})

    def settle_in(self) -> None:
        """Sign in and allow the targets."""
        self.sign_in()
        for target in self.targets:
            assert self._post(
                "/admin/analyses/allowedtarget/add/", {"pattern": target, "for_everybody": "on"}
            ).is_redirect
        self._fields = form_of(self.browser.get("/analyses/new/"))

    def _post(self, path: str, fields: dict) -> httpx.Response:
        self.asked += 1
        return self.browser.post(path, data=fields, headers={"X-CSRFToken": self.browser.cookies.get("csrftoken", "")})

    def _try(self, path: str, fields: dict) -> httpx.Response | None:
        """Post; None when no sensible answer came."""
        try:
            answer = self._post(path, fields)
            if answer.status_code in (302, 303) and "/sign-in/" in answer.headers.get("location", ""):
                self.sign_in()
                answer = self._post(path, fields)
        except httpx.HTTPError:
            answer = None
        if answer is None or answer.status_code >= 400:
            self.failed += 1
            return None
        return answer

    # --- Doing ---

    def do_something(self, live: list[int]) -> None:
        """One thing a person might do now; `live` are the analyses under way."""
        chance = self.chance.random()
        known = [entry for entry in self.ledger if entry.pk]
        ended = [entry for entry in known if entry.pk not in live]
        if live and chance < 0.2:
            self.act(self.chance.choice(live), self.chance.choices(list(VERBS), weights=list(VERBS.values()))[0])
        elif known and (chance < 0.4 or len(live) >= MOST_LIVE):
            self.read(self.chance.choice(["/", f"/analyses/{self.chance.choice(known).pk}/"]))
        elif ended and chance < 0.6:
            self.submit_again(self.chance.choice(ended))
        else:
            self.create()

    def create(self, *plays: str) -> Entry:
        """Make an analysis that plays this, or something, and submit it: both or neither."""
        entry = Entry(f"Run {len(self.ledger) + 1}")
        self.ledger.append(entry)
        urls = [f"http://{self.targets[0]}/{number}/?{play}" for number, play in enumerate(plays)]
        urls = urls or [self._url(number) for number in range(self.chance.choice([1, 1, 1, 2, 3]))]
        answer = self._try(
            "/analyses/new/", {**self._fields, "name": entry.name, "urls": "\n".join(urls), "then": "submit"}
        )
        made = re.fullmatch(r"/analyses/(\d+)/", answer.headers.get("location", "")) if answer else None
        if made:
            entry.pk, entry.answered = int(made[1]), 1
        else:
            entry.unsure = 1
        return entry

    def _url(self, number: int) -> str:
        host = self.targets[1] if self.chance.random() < 0.1 else self.targets[0]
        play = self.chance.choices(list(PLAYS), weights=list(PLAYS.values()))[0]
        return f"http://{host}/{number}/?{play.format(self.chance.randint(1, 8))}"

    def submit_again(self, entry: Entry) -> None:
        """Submit what has ended; the page that follows says whether it was done."""
        if not self._try(f"/analyses/{entry.pk}/actions/submit/", {}):
            entry.unsure += 1
            return
        page = self.read(f"/analyses/{entry.pk}/")
        if SUBMITTED in page:
            entry.answered += 1
        elif not page:  # what it would have said is gone
            entry.unsure += 1

    def act(self, pk: int, verb: str) -> bool:
        """Stop, pause or resume; tell whether it was answered."""
        names = {entry.pk: entry.name for entry in self.ledger}
        return self._try(f"/analyses/{pk}/actions/{verb}/", {"name": names.get(pk, "")}) is not None

    def read(self, path: str) -> str:
        """Read a page; empty when it does not come."""
        self.asked += 1
        try:
            answer = self.browser.get(path)
        except httpx.HTTPError:
            self.failed += 1
            return ""
        self.failed += answer.status_code >= 400
        return answer.text if answer.status_code == 200 else ""

    def release_addresses(self, addresses: list[int]) -> None:
        """What an administrator does when the mail server has refused people for nothing."""
        fields = {"action": "release", "_selected_action": [str(pk) for pk in addresses]}
        self._try("/admin/notifications/refusedaddress/", fields)

    def have_mails_sent_again(self, mails: list[int]) -> None:
        """What an administrator does when the mail server is well again."""
        fields = {"action": "send_again", "_selected_action": [str(pk) for pk in mails]}
        self._try("/admin/notifications/outgoingmail/", fields)

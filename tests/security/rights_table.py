"""What everybody may do with every route, by hand. tests/security/test_matrix.py tries all of it.

A row is one route and method. Its answers stand for: somebody not signed in; somebody without a role; a Creator; a
Submitter; a Reviewer; a security lead; an administrator. An answer is

    in      sent to the sign-in page      ok   answered, nothing changed     ok!   answered, something changed
    404     it does not exist for them    403  told which role it needs      405   no such method
"""

from dataclasses import dataclass, field

from notifications.kinds import OPTIONAL
from notifications.models import Choice

ROLES = ("nobody", "none", "Creators", "Submitters", "Reviewers", "Security leads", "administrator")
OWNERSHIPS = ("own", "team", "other")


@dataclass(frozen=True)
class Row:
    """The answers for somebody's own, their team's, and other people's. What is sent is in `sent`."""

    own: str
    team: str
    other: str
    sent: dict[str, object] = field(default_factory=dict)  # {…} in its texts: of the object it is about
    about: str = "draft"  # which analysis
    form: str = ""  # the route of the page whose form is sent with it

    def expected(self, role: str, ownership: str) -> str:
        return getattr(self, ownership).split()[ROLES.index(role)]


def _same(own: str, **more: object) -> Row:
    """It is about no object: everybody's is the same."""
    return Row(own, own, own, **more)  # type: ignore[arg-type]


def _seen(own: str, other: str, **more: object) -> Row:
    """One's own and one's team's; others' are seen by those only who see everything."""
    return Row(own, own, other, **more)  # type: ignore[arg-type]


def page(**more: object) -> Row:
    return _seen("in ok ok ok ok ok ok", "in 404 404 404 404 ok ok", **more)


NO_METHOD = _same("in 405 405 405 405 405 405")
EVERYBODY = _same("ok ok ok ok ok ok ok")
EVERYWHERE_NO_METHOD = _same("405 405 405 405 405 405 405")
ANYBODY = _same("in ok ok ok ok ok ok")
CONFIGURES = ("in 403 ok! 403 403 ok! ok!", "in 404 404 404 404 ok! ok!")
SUBMITS = ("in ok ok ok! ok ok! ok!", "in 404 404 404 404 ok! ok!")  # others are told why nothing was done
LEADS = ("in ok ok ok ok ok! ok!", "in 404 404 404 404 ok! ok!")
OWN = "in ok! ok! ok! ok! ok! ok!"
MINE = {"own": "in ok ok ok ok ok ok", "team": "in 404 404 404 404 404 404", "other": "in 404 404 404 404 404 404"}
IN_BULK = ("in ok ok ok! ok ok! ok!", "in ok ok ok ok ok! ok!")

PASSWORD, NEW = "a-long-password-1", "another-long-password-1"
ACCOUNT = (
    "mfa_index", "account_change_password", "account_reauthenticate", "mfa_reauthenticate", "mfa_activate_totp",
    "mfa_list_webauthn", "mfa_add_webauthn", "usersessions_list",
)  # fmt: skip
ASKED = ("mfa_reauthenticate", "mfa_activate_totp", "mfa_add_webauthn", "administration-password")

TABLE: dict[tuple[str, str], Row] = {
    ("analyses:list", "get"): ANYBODY,
    ("analyses:list", "post"): NO_METHOD,
    ("analyses:bulk", "get"): ANYBODY,
    ("analyses:bulk", "post"): _seen(*IN_BULK, sent={"action": "submit", "chosen": "{pk}"}),
    ("analyses:bulk", "post", "stop-save"): _seen(
        *IN_BULK, sent={"action": "stop-save", "chosen": "{pk}"}, about="running"
    ),
    ("analyses:bulk", "post", "publish"): _seen(
        "in ok ok ok ok ok! ok!", "in ok ok ok ok ok! ok!", sent={"action": "publish", "chosen": "{pk}"}, about="held"
    ),
    ("analyses:bulk-delete", "get"): NO_METHOD,
    ("analyses:bulk-delete", "post"): Row(
        "in ok ok! ok ok ok! ok!", "in ok ok ok ok ok! ok!", "in ok ok ok ok ok! ok!",
        sent={"chosen": "{pk}", "confirmed": "1"},
    ),
    ("analyses:bulk-export", "get"): NO_METHOD,
    ("analyses:bulk-export", "post"): _same("in ok ok ok ok ok ok", sent={"chosen": "{pk}", "file": "findings-csv"}),
    ("analyses:list-file", "get"): ANYBODY,
    ("analyses:list-file", "post"): NO_METHOD,
    ("analyses:seen", "get"): NO_METHOD,
    ("analyses:seen", "post"): _same("in ok! ok! ok! ok! ok! ok!", sent={"list": "owner=a"}),
    ("analyses:save-view", "get"): NO_METHOD,
    ("analyses:save-view", "post"): _same("in ok! ok! ok! ok! ok! ok!", sent={"name": "View", "list": "owner=a"}),
    ("analyses:delete-view", "get"): NO_METHOD,
    ("analyses:delete-view", "post"): Row(**MINE | {"own": "in ok! ok! ok! ok! ok! ok!"}),
    ("analyses:findings", "get"): ANYBODY,
    # What others hold is refused by its number, on the page that says what became of each.
    ("analyses:findings", "post"): _seen(
        "in 403 403 403 ok! ok! ok!", "in 403 403 403 ok ok! ok!", about="held",
        sent={"finding": "{finding}", "state": "fixed", "comment": "Mended."},
    ),
    ("analyses:findings-judged", "get"): ANYBODY,
    ("analyses:findings-judged", "post"): NO_METHOD,
    ("analyses:findings-file", "get"): ANYBODY,
    ("analyses:findings-file", "post"): NO_METHOD,
    ("analyses:calendar", "get"): ANYBODY,
    ("analyses:calendar", "post"): NO_METHOD,
    ("analyses:queue", "get"): ANYBODY,
    ("analyses:queue", "post"): NO_METHOD,
    ("analyses:statuses", "get"): ANYBODY,
    ("analyses:statuses", "post"): NO_METHOD,
    ("analyses:help", "get"): ANYBODY,
    ("analyses:help", "post"): NO_METHOD,
    ("analyses:style", "get"): ANYBODY,
    ("analyses:style", "post"): NO_METHOD,
    ("analyses:stop-everything", "get"): _same("in 404 404 404 404 404 ok"),
    ("analyses:stop-everything", "post"): _same("in 404 404 404 404 404 ok!", sent={"switch": "on"}),
    ("analyses:templates", "get"): ANYBODY,
    ("analyses:templates", "post"): NO_METHOD,
    ("analyses:delete-template", "get"): Row(
        "in 404 ok 404 404 ok ok", "in 404 404 404 404 404 ok", "in 404 404 404 404 404 ok"
    ),
    ("analyses:delete-template", "post"): Row(
        "in 404 ok! 404 404 ok! ok!", "in 404 404 404 404 404 ok!", "in 404 404 404 404 404 ok!"
    ),
    ("analyses:new", "get"): _same("in 403 ok 403 403 ok ok"),
    ("analyses:new", "post"): _same(
        "in 403 ok! 403 403 ok! ok!",
        sent={"name": "New of {user}", "urls": "http://new.test/", "then": "save"}, form="analyses:new",
    ),
    ("analyses:new-schedule", "get"): ANYBODY,
    ("analyses:new-schedule", "post"): NO_METHOD,
    ("analyses:summary", "get"): page(),
    ("analyses:summary", "post"): NO_METHOD,
    ("analyses:log-file", "get"): page(),
    ("analyses:log-file", "post"): NO_METHOD,
    ("analyses:configure", "get"): _seen("in 403 ok 403 403 ok ok", "in 404 404 404 404 ok ok"),
    ("analyses:configure", "post"): _seen(
        *CONFIGURES, sent={"name": "Renamed {pk}", "then": "save"}, form="analyses:configure"
    ),
    # What a schedule submits by itself is changed by those only who may submit, too.
    ("analyses:configure", "post", "planned"): _seen(
        "in 403 403 403 403 ok! ok!", "in 404 404 404 404 ok! ok!", about="planned",
        sent={"name": "Renamed {pk}", "then": "save"}, form="analyses:configure",
    ),
    ("analyses:delete", "get"): page(),
    ("analyses:delete", "post"): Row(
        "in ok ok! ok ok ok! ok!", "in ok ok ok ok ok! ok!", "in 404 404 404 404 ok! ok!", sent={"name": "{name}"}
    ),
    ("analyses:duplicate", "get"): _seen("in 403 ok 403 403 ok ok", "in 404 404 404 404 ok ok"),
    ("analyses:duplicate", "post"): _seen(*CONFIGURES),
    ("analyses:schedule", "get"): page(),
    ("analyses:schedule", "post"): NO_METHOD,
    ("analyses:action", "get"): page(),
    ("analyses:action", "post", "configure"): _same("in 404 404 404 404 404 404"),
    ("analyses:action", "post", "submit"): _seen(*SUBMITS),
    ("analyses:action", "post", "prescan-only"): _seen(*SUBMITS),
    ("analyses:action", "post", "run-now"): _seen(*SUBMITS, about="planned"),
    ("analyses:action", "post", "withdraw"): _seen(*SUBMITS, about="planned"),
    ("analyses:action", "post", "pause"): _seen(*SUBMITS, about="running"),
    ("analyses:action", "post", "resume"): _seen(*SUBMITS, about="paused"),
    ("analyses:action", "post", "publish"): _seen(*LEADS, about="held"),
    ("analyses:action", "post", "stop-save"): _seen(*SUBMITS, about="running"),
    ("analyses:action", "post", "stop-delete"): _seen(*SUBMITS, about="running", sent={"name": "{name}"}),
    ("analyses:action", "post", "undo-delete"): _seen(*SUBMITS, about="deleted"),
    ("analyses:scans", "get"): page(about="held"),
    ("analyses:scans", "post"): NO_METHOD,
    ("analyses:scan", "get"): page(about="held"),
    ("analyses:scan", "post"): NO_METHOD,
    ("analyses:crawled", "get"): page(about="held"),
    ("analyses:crawled", "post"): NO_METHOD,
    ("analyses:engine-log", "get"): page(about="held"),
    ("analyses:engine-log", "post"): NO_METHOD,
    ("analyses:prescan-pictures", "get"): page(about="held"),
    ("analyses:prescan-pictures", "post"): NO_METHOD,
    ("analyses:prescan-picture", "get"): page(about="held"),
    ("analyses:prescan-picture", "post"): NO_METHOD,
    ("analyses:test-sign-in", "get"): NO_METHOD,
    ("analyses:test-sign-in", "post"): _seen(*CONFIGURES, sent={"test": "{scan}"}, form="analyses:configure"),
    ("analyses:new-test-sign-in", "get"): NO_METHOD,
    ("analyses:new-test-sign-in", "post"): _same(
        "in 403 ok! 403 403 ok! ok!",
        sent={"scan": "new-1", "test": "new-1", "scan-new-1-url": "http://a.test/", "scan-new-1-scope": "page",
              "scan-new-1-sign_in_method": "none", "scan-new-1-speed": "normal"}, form="analyses:new",
    ),
    ("analyses:sign-in-test", "get"): Row(**MINE),
    ("analyses:sign-in-test", "post"): NO_METHOD,
    ("analyses:sign-in-test-picture", "get"): Row(**MINE),
    ("analyses:sign-in-test-picture", "post"): NO_METHOD,
    ("analyses:sign-in-test-stage-picture", "get"): Row(**MINE),
    ("analyses:sign-in-test-stage-picture", "post"): NO_METHOD,
    ("analyses:results", "get"): page(about="held"),
    ("analyses:results", "post"): _seen(
        "in 403 403 403 ok! ok! ok!", "in 404 404 404 404 ok! ok!", about="held",
        sent={"finding": "{finding}", "state": "fixed", "comment": "Mended."},
    ),
    ("analyses:test-again", "get"): NO_METHOD,
    ("analyses:test-again", "post"): _seen(
        "in 403 403 403 ok! ok! ok!", "in 404 404 404 404 ok! ok!", about="published"
    ),
    ("analyses:export", "get"): page(about="held"),
    ("analyses:export", "post"): NO_METHOD,
    ("analyses:report", "get"): page(about="held"),
    ("analyses:report", "post"): NO_METHOD,
    ("analyses:history", "get"): page(),
    ("analyses:history", "post"): NO_METHOD,
    ("analyses:configuration", "get"): page(),
    ("analyses:configuration", "post"): _seen(*CONFIGURES, sent={"template-name": "Template of {pk}"}),
    ("notifications:preferences", "get"): ANYBODY,
    ("notifications:preferences", "post"): _same(
        OWN, sent={"hour": 9, **dict.fromkeys([kind.event for kind in OPTIONAL], Choice.NONE)}
    ),
    ("keyboard", "get"): ANYBODY,
    ("keyboard", "post"): _same("in ok! ok! ok! ok! ok! ok!", sent={"single_keys": "off"}),
    ("notifications:unsubscribe", "get"): _same("403 403 403 403 403 403 403"),  # without a link that was made here
    ("notifications:unsubscribe", "post"): _same("403 403 403 403 403 403 403"),
    # Signing in. Whoever is signed in is sent on, and a try counts as one.
    **dict.fromkeys([("sign-in", "get"), ("account_login", "get")], EVERYBODY),
    **dict.fromkeys(
        [("sign-in", "post"), ("account_login", "post")],
        _same("ok! ok ok ok ok ok ok", sent={"username": "person", "password": "wrong"}),
    ),
    ("mfa_authenticate", "get"): _same("in ok ok ok ok ok ok"),  # without a first step
    ("mfa_authenticate", "post"): _same("in ok ok ok ok ok ok", sent={"code": "123456"}),
    **dict.fromkeys(
        [("openid_connect_login", "post"), ("openid_connect_callback", "get")],
        _same("404 404 404 404 404 404 404"),  # of a provider that nobody set up
    ),
    **dict.fromkeys([("openid_connect_login", "get"), ("openid_connect_callback", "post")], EVERYWHERE_NO_METHOD),
    **dict.fromkeys([("sign-out", "get"), ("account_logout", "get")], EVERYWHERE_NO_METHOD),
    **dict.fromkeys([("sign-out", "post"), ("account_logout", "post")], _same("in in in in in in in")),
    # One's own account: nobody else has an address in it, but for keys and sessions.
    **dict.fromkeys([(name, "get") for name in ACCOUNT], ANYBODY),
    ("mfa_index", "post"): NO_METHOD,
    ("language", "get"): NO_METHOD,
    ("language", "post"): _same("in ok! ok! ok! ok! ok! ok!", sent={"language": "de"}),
    ("announcements", "get"): NO_METHOD,
    ("announcements", "post"): _same("in ok! ok! ok! ok! ok! ok!", sent={"announced": "failures"}),
    ("first-steps", "get"): NO_METHOD,
    ("first-steps", "post"): _same("in ok! ok! ok! ok! ok! ok!", sent={"first_steps": "off"}),
    ("time-zone", "get"): NO_METHOD,
    ("time-zone", "post"): _same("in ok! ok! ok! ok! ok! ok!", sent={"zone": "Asia/Tokyo"}),
    ("account_change_password", "post"): _same(
        "in ok! ok! ok! ok! ok! ok!", sent={"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    ),
    ("account_reauthenticate", "post"): _same("in ok ok ok ok ok ok", sent={"password": PASSWORD}),
    ("usersessions_list", "post"): Row(**MINE, sent={"session": "{session}"}),
    ("mfa_list_webauthn", "post"): NO_METHOD,
    **dict.fromkeys([(name, "post") for name in ASKED], ANYBODY),  # without what they ask for nothing is done
    ("administration-sign-in", "get"): _same("in 403 403 403 403 403 ok"),
    ("administration-password", "get"): ANYBODY,
    **dict.fromkeys([(name, method) for name in ("health", "ready") for method in ("get", "post")], EVERYBODY),
}  # fmt: skip

# What somebody can do who has a second factor, with their own: tests/accounts says what.
SECOND_FACTORS = {
    "mfa_reauthenticate_webauthn", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes", "mfa_edit_webauthn", "mfa_remove_webauthn",
}  # fmt: skip
# What of the administration's addresses is everybody's.
OWN_AFFAIRS = ("admin/login/", "admin/password_change/", "admin/logout/")
# The administration: all of it is for administrators, whoever else is staff (tests/test_admin.py has them).
ADMINISTRATION = "admin/"

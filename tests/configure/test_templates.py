"""Templates: kept from an analysis without its secrets, and what a new analysis starts from."""

import json
from datetime import time, timedelta

import pytest
from django.urls import reverse

from analyses.models import Analysis, ConfigurationTemplate, Scan, Specification
from analyses.models.secrets import SECRETS
from tests.configure.pages import errors_of, form_of, text_of
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db
SET = {
    "excluded_urls": "https://shop.example.test/out/", "user_agent": "Vedette/1", "duration": timedelta(hours=5),
    "repeat": "weekly", "repeat_days": "03", "repeat_off_after": 7, "zone": "Europe/Berlin", "pause_from": time(22),
    "pause_until": time(6), "pause_days": "5", "prescan_only": True, "hold_results": True,
    "recipients": "dave@example.test", "business_unit": "Retail", "contact_name": "Carol",
    "contact_email": "carol@example.test",
}  # fmt: skip
OF_URLS = {
    "scope": "domain", "both_schemes": True, "speed": "slow", "user_agent": "Own/2", "excluded_urls": "https://x.test/y"
}  # fmt: skip
NEW = "/analyses/new/"


@pytest.fixture
def shop(alice, allowed) -> Analysis:
    analysis = an_analysis(alice, "https://a.example.test/", "https://b.example.test/", name="Shop", **SET)
    analysis.scans.update(**OF_URLS, sign_in_method="form", username="robot", headers_name="X-Key")
    for scan in analysis.scans.all():
        for name in SECRETS:
            setattr(scan, name, "the stored secret")
        scan.save()
    return analysis


@pytest.fixture
def template(shop, as_alice) -> ConfigurationTemplate:
    save(as_alice, shop, "Usual")
    return ConfigurationTemplate.objects.get()


def save(client, analysis, name, **more):
    sent = {"template-name": name} | {f"template-{key}": value for key, value in more.items()}
    return client.post(f"/analyses/{analysis.pk}/configuration/", sent)


def start(client, template=None):
    return client.get(NEW, {"template": template.pk} if template else {})


def fill(client, template, *, then="save", **changes):
    """Fill in the page that starts from a template."""
    return client.post(NEW, form_of(start(client, template)) | {"name": "New", "then": then} | changes)


def values(thing, wanted) -> dict:
    return {name: getattr(thing, name) for name in wanted}


class TestSaving:
    def test_it_keeps_settings_and_nothing_of_names_urls_sign_ins_and_secrets(self, as_alice, alice, shop):
        answer = save(as_alice, shop, "Usual")
        assert answer.url == reverse("analyses:templates")
        template = ConfigurationTemplate.objects.get()
        assert (template.name, template.owner) == ("Usual", alice)
        kept = json.dumps([template.analysis, template.scan])
        for text in ("Shop", 'example.test/"', "robot", "X-Key", "the stored secret", "form", "start_at"):
            assert text not in kept
        assert template.scan == OF_URLS

    def test_it_keeps_of_the_urls_what_all_have_in_common(self, as_alice, shop):
        shop.scans.filter(url="https://a.example.test/").update(speed="fast", user_agent="")
        pets = Specification.objects.create(analysis=shop, name="x", form="HAR", endpoints=[], requests="")
        Scan.objects.create(analysis=shop, url="https://c.example.test/", specification=pets)
        save(as_alice, shop, "Usual")
        kept = ConfigurationTemplate.objects.get().scan
        assert kept == {name: OF_URLS[name] for name in ("scope", "both_schemes", "excluded_urls")}

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("", "Give the template a name."),
            ("uSUAL", "There is already a template with this name."),
            ("x" * 121, "at most 120 characters"),
            ("a\nb", "one line"),
        ],
    )
    def test_a_name_that_cannot_be_is_said_at_the_field_and_kept(self, as_alice, shop, template, name, message):
        page = save(as_alice, shop, name)
        assert page.status_code == 200
        assert message in text_of(page) or message in str(page.context["template_form"].errors)
        assert ConfigurationTemplate.objects.count() == 1

    def test_only_own_teams_can_be_chosen(self, as_alice, shop, team, django_user_model):
        other = team.__class__.objects.create(name="Others")
        assert save(as_alice, shop, "A", teams=[other.pk]).status_code == 200
        save(as_alice, shop, "B", teams=[team.pk])
        assert list(ConfigurationTemplate.objects.get().teams.all()) == [team]

    def test_whoever_may_not_see_the_analysis_gets_404(self, client, charlie, shop):
        client.force_login(charlie)
        assert save(client, shop, "Mine").status_code == 404

    def test_an_earlier_run_offers_nothing_to_save(self, as_alice, shop):
        assert "Save as template" in text_of(as_alice.get(f"/analyses/{shop.pk}/configuration/"))


class TestStarting:
    def test_the_page_opens_with_its_settings(self, as_alice, template):
        sent = form_of(start(as_alice, template))
        assert sent["template"] == [str(template.pk)]
        for name, value in {
            "user_agent": "Vedette/1", "excluded_urls": "https://shop.example.test/out/", "zone": "Europe/Berlin",
            "pause_from": "22:00", "recipients": "dave@example.test", "business_unit": "Retail", "repeat": "weekly",
            "start": "now", "name": "", "duration_0": "5",
        }.items():  # fmt: skip
            assert sent[name] == [value]
        assert sent["repeat_days"] == ["0", "3"]
        assert "then weekly on Monday and Thursday at the same time Europe/Berlin" in text_of(start(as_alice, template))

    def test_saved_as_it_opens_it_is_set_as_the_template_says(self, as_alice, template):
        assert fill(as_alice, template).status_code == 302
        assert values(Analysis.objects.get(name="New"), SET) == SET

    def test_what_was_changed_on_the_page_goes_before_the_template(self, as_alice, template):
        fill(as_alice, template, user_agent="Other/3", hold_results=[])
        analysis = Analysis.objects.get(name="New")
        assert (analysis.user_agent, analysis.hold_results) == ("Other/3", False)

    def test_urls_that_are_typed_get_its_settings_without_being_opened(self, as_alice, template):
        fill(as_alice, template, urls="https://c.example.test/\nhttps://d.example.test/")
        for scan in Analysis.objects.get(name="New").scans.all():
            assert values(scan, OF_URLS) == OF_URLS
            assert (scan.sign_in_method, scan.secret, scan.username) == ("none", "", "")

    def test_folded_rows_and_hundreds_of_them_get_its_settings_too(self, as_alice, template):
        rows = {"scan": ["new-1"], "scan-new-1-url": "https://c.example.test/"}
        urls = "\n".join(f"https://h{number}.example.test/" for number in range(30))
        page = fill(as_alice, template, then="add", urls=urls, **rows)
        sent = form_of(page)
        assert sent["template"] == [str(template.pk)]
        as_alice.post(NEW, sent | {"then": "save"})
        found = [values(scan, OF_URLS) for scan in Analysis.objects.get(name="New").scans.all()]
        assert found == [OF_URLS] * 31

    def test_rows_that_are_opened_show_its_settings(self, as_alice, template):
        sent = form_of(fill(as_alice, template, then="add", urls="https://c.example.test/"))
        assert sent["scan-new-1-scope"] == ["domain"]
        assert sent["scan-new-1-both_schemes"] == ["on"]
        sent["scan-new-1-scope"] = ["page"]
        as_alice.post(NEW, sent | {"then": "save"})
        assert Analysis.objects.get(name="New").scans.get().scope == "page"

    def test_a_row_of_the_script_is_fetched_with_its_settings(self, as_alice, template):
        address = f'hx-get="?scan=new-__key__&amp;template={template.pk}"'
        assert address in start(as_alice, template).content.decode()
        query = {"scan": "new-1", "scan-new-1-url": "https://c.example.test/", "template": template.pk}
        page = as_alice.get(NEW, query, headers={"HX-Request": "true"})
        assert '<option value="domain" selected>' in page.content.decode()

    def test_a_folded_row_with_a_bad_address_keeps_them(self, as_alice, template):
        rows = {"scan": ["new-1"], "scan-new-1-url": "nonsense"}
        page = fill(as_alice, template, **rows)
        assert "scan-new-1-url" in errors_of(page)
        assert form_of(page)["scan-new-1-speed"] == ["slow"]

    def test_an_api_gets_what_is_of_an_api(self, as_alice, alice, template):
        pets = Specification.objects.create(
            name="pets.yaml", form="OpenAPI 3.1", endpoints=[], requests="[]", uploaded_by=alice,
            base_url="https://api.example.test/",
        )  # fmt: skip
        rows = {"scan": ["new-1"], "scan-new-1-url": "https://api.example.test/", "scan-new-1-specification": pets.pk}
        assert fill(as_alice, template, **rows).status_code == 302
        scan = Analysis.objects.get(name="New").scans.get()
        assert (scan.specification, scan.speed, scan.scope, scan.both_schemes) == (pets, "slow", "folder", False)

    def test_deleted_meanwhile_it_is_said_once_and_nothing_typed_is_lost(self, as_alice, template):
        sent = form_of(start(as_alice, template)) | {"name": "New", "urls": "https://c.example.test/", "then": "save"}
        template.delete()
        page = as_alice.post(NEW, sent)
        assert "The template it was started from is gone." in text_of(page)
        again = form_of(page)
        assert "template" not in again
        assert as_alice.post(NEW, again | {"then": "save"}).status_code == 302
        assert Analysis.objects.get(name="New").scans.get().scope == "folder"

    def test_the_choice_is_at_the_top_and_says_which_one_it_is(self, as_alice, template):
        assert "Start from nothing Usual Templates" in text_of(start(as_alice))
        page = start(as_alice, template).content.decode()
        assert '<span aria-current="true">Usual</span>' in page
        assert '<a href="/analyses/new/">nothing</a>' in page

    def test_without_templates_there_is_no_choice(self, as_alice):
        assert "Start from" not in text_of(start(as_alice))

    @pytest.mark.parametrize("key", ["0", "x", "-1", "9" * 30, "٣"])
    def test_an_unknown_one_is_404(self, as_alice, key):
        assert as_alice.get(NEW, {"template": key}).status_code == 404


class TestWhose:
    def test_its_owner_and_the_chosen_teams_may_start_from_it(self, client, alice, bob, charlie, shop, team, as_alice):
        save(as_alice, shop, "Ours", teams=[team.pk])
        save(as_alice, shop, "Mine")
        ours, mine = ConfigurationTemplate.objects.get(name="Ours"), ConfigurationTemplate.objects.get(name="Mine")
        client.force_login(bob)
        assert start(client, ours).status_code == 200
        assert start(client, mine).status_code == 404
        client.force_login(charlie)
        assert start(client, ours).status_code == 404
        assert "Ours" not in text_of(client.get("/templates/"))

    def test_a_sent_one_that_is_not_theirs_gives_nothing_away(self, client, charlie, template):
        client.force_login(charlie)
        sent = form_of(client.get(NEW)) | {"name": "C", "urls": "https://c.example.test/", "template": template.pk}
        assert "is gone" in text_of(client.post(NEW, sent | {"then": "save"}))

    def test_only_its_owner_and_superusers_may_delete_it(self, client, bob, template, team, admin_user):
        template.teams.add(team)
        address = f"/templates/{template.pk}/delete/"
        client.force_login(bob)
        assert address not in client.get("/templates/").content.decode()
        assert client.post(address).status_code == 404
        client.force_login(admin_user)
        assert "Delete the template “Usual”?" in text_of(client.get(address))
        assert ConfigurationTemplate.objects.exists()
        assert client.post(address).url == "/templates/"
        assert not ConfigurationTemplate.objects.exists()


class TestTheList:
    def test_it_says_in_words_what_each_sets(self, as_alice, template):
        text = text_of(as_alice.get("/templates/"))
        for part in (
            "Usual alice",
            "Schedule: As soon as it is submitted, then weekly on Monday and Thursday at the same time Europe/Berlin",
            "Pause window: On Saturday from 22:00 until 06:00 the next day, Europe/Berlin",
            "Longest duration: 5 hours", "Prescan only: yes", "User agent: Vedette/1",
            "Each new URL: scope: The whole host", "Each new URL: speed: Slow: one request at a time",
            "New analysis from it",
        ):  # fmt: skip
            assert part in text

    def test_what_is_usual_is_not_said(self, as_alice, alice):
        save(as_alice, an_analysis(alice), "Plain")
        assert "Nothing but the usual." in text_of(as_alice.get("/templates/"))

    @pytest.mark.parametrize(
        "settings",
        [
            {"duration": "nonsense"}, {"duration": ["1"]}, {"duration": "-1 00:00:00"}, {"duration": None},
            {"repeat": "hourly"}, {"repeat": "weekly", "repeat_days": "9x"}, {"repeat_off_after": "often"},
            {"zone": "Mars/Olympus", "pause_from": "22:00", "pause_until": "06:00"}, {"pause_from": "25:99"},
            {"prescan_only": "perhaps"}, {"contact_email": "nobody"}, {"user_agent": "x" * 301},
            "nonsense", None, ["duration"],
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_as_if_it_was_not_set(self, as_alice, alice, settings):
        template = ConfigurationTemplate(name="Odd", owner=alice, analysis=settings, scan={"scope": "galaxy"})
        if isinstance(settings, dict):
            settings["business_unit"] = "Retail"
        if settings is None:
            template.analysis, template.scan = {}, "nonsense"
        template.save()
        text = text_of(as_alice.get("/templates/"))
        assert ("Business unit: Retail" in text) == isinstance(settings, dict)
        assert "Each new URL" not in text
        assert form_of(start(as_alice, template))["duration_0"] == ["24"]

    @pytest.mark.parametrize("number", [1, 40])
    def test_the_number_of_queries_does_not_grow(self, as_alice, alice, team, number, django_assert_max_num_queries):
        made = ConfigurationTemplate.objects.bulk_create(
            ConfigurationTemplate(name=f"T{n}", owner=alice) for n in range(number)
        )
        for template in made:
            template.teams.add(team)
        with django_assert_max_num_queries(6):
            as_alice.get("/templates/")


def test_administrators_see_whose_it_is(client, admin_user, template):
    client.force_login(admin_user)
    assert client.get(f"/admin/analyses/configurationtemplate/{template.pk}/change/").status_code == 200
    assert client.get("/admin/analyses/configurationtemplate/").status_code == 200

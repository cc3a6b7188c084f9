"""The log tells what an edit changed, however long the setting is."""

import pytest

from analyses.models import Activity
from tests.words.german import german

MANY = [f"https://shop.example.test/left-alone/{number}/" for number in range(40)]


@pytest.fixture
def scan(shop):
    return shop.scans.get(sign_in_method="none")


def told(fill, shop, **changes) -> str:
    fill(shop, **changes)
    return Activity.objects.filter(action="Configuration changed").latest("pk").cause


def test_a_line_that_comes_or_goes_is_named_among_many(fill, shop):
    told(fill, shop, excluded_urls="\n".join(MANY))
    new = "https://shop.example.test/new/"
    assert told(fill, shop, excluded_urls="\n".join([*MANY, new])) == f"Excluded URLs: added {new}"
    replaced = [*MANY[1:], "https://shop.example.test/other/"]
    said = told(fill, shop, excluded_urls="\n".join(replaced))
    assert said == f"Excluded URLs: added https://shop.example.test/other/; removed {MANY[0]}, {new}"


def test_many_that_come_at_once_are_counted(fill, shop):
    said = told(fill, shop, excluded_urls="\n".join(MANY))
    assert said == f"Excluded URLs: added {', '.join(MANY[:20])} and 20 more"


def test_so_it_is_with_the_settings_of_a_url(fill, shop, scan):
    hosts = [f"cdn{number}.shop.example.test" for number in range(20)]
    name = f"scan-{scan.pk}-allowed_hosts"
    fill(shop, **{name: "\n".join(hosts)})
    assert told(fill, shop, **{name: "\n".join(hosts[1:])}).startswith(
        "https://shop.example.test/: further hosts: removed https://cdn0.shop.example.test/"
    )


def test_few_lines_are_shown_whole(fill, shop):
    told(fill, shop, excluded_urls=MANY[0])
    assert told(fill, shop, excluded_urls=MANY[1]) == f"Excluded URLs: {MANY[0]} → {MANY[1]}"


def test_a_long_text_is_shown_from_where_it_differs(fill, shop):
    long = "A site of many words. " * 20
    fill(shop, description=f"{long}Old end")
    said = told(fill, shop, description=f"{long}New end")
    assert said.endswith("many words. New end")
    assert "Old end → … " in said


def test_the_log_of_an_edit_is_read_in_german_but_for_what_was_typed(fill, shop, scan):
    told(fill, shop, repeat="weekly", repeat_days=["0", "2"], zone="Europe/Berlin")
    shown = german(told(fill, shop, repeat_days=["0", "1", "2"], description="Name", excluded_urls=""))
    assert "Beschreibung: (leer) → Name" in shown  # a word of ours, but typed by somebody
    assert "Wiederholen an: Montag und Mittwoch → Montag bis Mittwoch" in shown
    moved = german(told(fill, shop, repeat_until="2027-12-31", **{f"scan-{scan.pk}-speed": "slow"}))
    assert "Letzter Tag: (leer) → 31. Dez 2027" in moved
    assert "https://shop.example.test/: Geschwindigkeit: Normal → Langsam" in moved

"""A scan of a directory without its subdirectories, from its submission to its results, with the real engine."""

import pytest

from analyses import lifecycle, prescanner, runner
from analyses.models import AllowedTarget
from tests.scene import an_analysis, scans_of, status
from tests.targets.serving import Answer, Asked, redirect, serve

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]

PAGE = """<html>
  <a href="/shop/search?word=a&back=/shop/cart/">search</a> <a href="list">list</a> <a href="moved">moved</a>
  <a href="cart/">cart</a> <a href="/shop/cart/items">items</a> <a href="/admin/">admin</a> <a href="/">home</a>
  <form method="post" action="cart/add"><input name="item"></form>
  <iframe src="cart/frame"></iframe>
</html>"""


def shop(asked: Asked) -> Answer:
    """A directory whose pages lead into a subdirectory, and out of it, in every way."""
    if asked.path == "/shop/moved":
        return redirect("/shop/cart/moved")
    return Answer(f"<html><p>{asked.query.get('word', '')}</p></html>" if asked.path == "/shop/search" else PAGE)


def test_what_lies_in_the_directory_is_attacked_and_nothing_of_a_subdirectory_is_asked_for(alice):
    with serve(shop) as site:
        AllowedTarget.objects.create(pattern=site.spot)
        analysis = an_analysis(alice, f"{site.url}shop/index", engine="wapiti")
        analysis.scans.update(scope="directory")
        occurrence = lifecycle.submit(analysis, alice)
        prescanner.drive(occurrence.pk)
        ran = scans_of(occurrence)[0]
        assert status(ran) == "Queued", ran.cause
        runner.drive(ran.pk)
        assert status(ran) == "Completed - Results Available", ran.cause
        asked = {asked.path for asked in site.asked}
    assert {"/shop/", "/shop/index", "/shop/list", "/shop/moved", "/shop/search"} <= asked
    assert {path.rpartition("/")[0] for path in asked} == {"/shop"}
    found = ran.findings.filter(finding__module="xss")
    assert {(instance.verification, instance.url.partition("?")[0]) for instance in found} == {
        ("confirmed", f"{site.url}shop/search")
    }

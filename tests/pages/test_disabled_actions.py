"""What cannot be done now says why, beside its name and not only to whoever points at it."""

import re

import pytest

from tests.scene import an_analysis, published, running

pytestmark = pytest.mark.django_db


def without_a_reason(response) -> list[str]:
    """The disabled things of a page whose reason is not there to be read."""
    found = re.findall(r'<span[^>]* aria-disabled="true">(.*?)</span>(?:</span>|</li>)', response.content.decode())
    assert found
    return [text for text in found if not re.search(r'class="(menu|tabs)__reason">[^<]+', text)]


@pytest.mark.parametrize(
    "make", [an_analysis, lambda owner: running(owner)[0], published], ids=["draft", "running", "published"]
)
@pytest.mark.parametrize("page", ["/", "/analyses/{}/", "/analyses/{}/results/"])
def test_every_action_and_tab_that_is_disabled_says_why(as_alice, alice, make, page):
    analysis = make(alice)
    response = as_alice.get(page.format(analysis.pk))
    if 'aria-disabled="true"' in response.content.decode():
        assert without_a_reason(response) == []

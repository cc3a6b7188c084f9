"""Pictures of targets are pixels that our own browser has drawn: nothing a target sent is in their files."""

import base64

import pytest
from django.urls import reverse

from analyses.models import Analysis, PrescanStep, SignInTest, SignInTestStep
from tests.prescan.browsing import OPEN, played
from tests.targets.serving import Answer, Asked, serve

SVG = "<svg xmlns='http://www.w3.org/2000/svg'><script>pwned(1)</script></svg>"
NO_PICTURES = [
    SVG.encode(),
    b"<!doctype html><script>pwned(1)</script>",
    b"GIF89a",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8",
    b"%PDF-1.7",
]
MARK = b"a-mark-that-a-target-left"
# A picture of one pixel with a comment in it, as cameras and attackers leave them.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
    "AQH/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACv/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8Acf/Z"
)
MARKED = JPEG[:2] + b"\xff\xfe" + (len(MARK) + 2).to_bytes(2) + MARK + JPEG[2:] + MARK


@pytest.mark.django_db
@pytest.mark.parametrize("stored", NO_PICTURES)
def test_what_is_no_jpeg_is_not_sent(world, as_root, stored):
    PrescanStep.objects.update(screenshot=stored)
    SignInTestStep.objects.update(screenshot=stored)
    for address in pictures():
        assert as_root.get(address).status_code == 404


@pytest.mark.django_db
def test_a_picture_is_sent_as_one_and_nothing_is_guessed(world, as_root):
    for address in pictures():
        answer = as_root.get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer["Content-Security-Policy"]


def pictures() -> list[str]:
    scan = Analysis.objects.get(name="Compared").occurrences.first().scans.first()
    of_scan = reverse("analyses:prescan-pictures", args=[scan.occurrence.analysis_id, scan.pk])
    return [of_scan, reverse("analyses:sign-in-test-picture", args=[SignInTest.objects.get().pk, 0])]


@pytest.mark.browser
def test_nothing_that_a_target_sent_is_in_the_file_of_a_picture():
    def site(asked: Asked) -> Answer:
        if asked.path == "/marked.jpg":
            return Answer(MARKED, headers=(("Content-Type", "image/jpeg"),))
        return Answer(
            f"<!doctype html><title>{MARK.decode()}</title><!-- {MARK.decode()} --><img src=/marked.jpg>{SVG}"
        )

    with serve(site) as shop:
        result = played(shop, OPEN, ("click", "id=not-there"))
        assert any(asked.path == "/marked.jpg" for asked in shop.asked)
    picture = result.steps[-1].screenshot
    assert picture.startswith(b"\xff\xd8\xff")
    assert picture.endswith(b"\xff\xd9")
    assert MARK not in picture
    assert b"pwned" not in picture
    assert len(picture) > len(MARKED)  # of the whole window

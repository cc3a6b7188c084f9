"""Files of others are what their makers published."""

import hashlib
import re

from django.conf import settings

from analyses.statuses import ANALYSIS, SCAN

VENDOR = settings.BASE_DIR / "static" / "vendor"
ROW = re.compile(r"^\| (?P<file>\S+) \| .* \| (?P<sha256>[0-9a-f]{64}) \|$", re.MULTILINE)


def test_every_vendored_file_is_listed_and_unchanged():
    listed = {row["file"]: row["sha256"] for row in ROW.finditer((VENDOR / "README.md").read_text())}
    present = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name != "README.md"
    }
    assert present == listed


def test_every_status_has_its_icon():
    sprite = (settings.BASE_DIR / "static" / "img" / "icons.svg").read_text()
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    assert {meaning.icon for meaning in (*ANALYSIS.values(), *SCAN.values())} <= drawn

"""Settings that have to fit each other."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("capacity", [3, 40])
def test_every_scan_that_runs_has_a_connection_to_the_database_and_signs_of_life_have_one_too(tmp_path, capacity):
    """A scanner's threads keep theirs for as long as their scans run, and a pool gives out no more than it has."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgres://vedette@127.0.0.1/vedette",
        "SCAN_CAPACITY": str(capacity),
    }
    asked = "from dashboard import settings; print(settings.DATABASES['default']['OPTIONS']['pool']['max_size'])"
    told = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert int(told.stdout) > capacity

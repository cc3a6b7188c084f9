"""The faults of `make seeded` fit the code as it stands; whether the suite sees them is asked there, in minutes."""

import pytest

from tests.security.seeded import FAULTS, ROOT


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_a_fault_replaces_stands_once_in_its_file(fault):
    assert (ROOT / fault.file).read_text().count(fault.old) == 1


def test_there_are_twenty():
    assert len({fault.name for fault in FAULTS}) == 20

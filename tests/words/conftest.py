"""The installation that the pages of these tests are of."""

from tests.security.conftest import as_root, root, world  # noqa: F401 - fixtures

from tests.pages.conftest import as_bob, as_charlie, as_lead

__all__ = ["as_bob", "as_charlie", "as_lead"]

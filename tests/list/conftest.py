from tests.pages.conftest import as_alice, as_bob, as_charlie, as_lead

__all__ = ["as_alice", "as_bob", "as_charlie", "as_lead"]

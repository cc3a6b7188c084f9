
__all__ = ["as_alice", "as_bob", "as_charlie", "as_lead"]

from notifications.admin import addresses, hooks, mails

__all__ = ["addresses", "hooks", "mails"]

"""People: how they sign in, what proves who they are, and how long that lasts.

Accounts are made by administrators; nobody signs up. docs/accounts.md says what a person and an administrator do.
"""

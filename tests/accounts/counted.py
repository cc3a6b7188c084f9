"""A way of computing passwords that says how often it was asked."""

from django.contrib.auth.hashers import MD5PasswordHasher

COMPUTED: list[str] = []


class CountedHasher(MD5PasswordHasher):
    def encode(self, password, salt):
        COMPUTED.append("once")
        return super().encode(password, salt)

"""Addresses that take no mails: counted while they refuse, forgotten when they take one."""

from django.db import models

REFUSALS_IN_A_ROW = 3  # one may be a mistake of the mail server's


class RefusedAddressQuerySet(models.QuerySet["RefusedAddress"]):
    def blocked(self) -> "RefusedAddressQuerySet":
        """Those to which no more mails are sent."""
        return self.filter(refusals__gte=REFUSALS_IN_A_ROW)


class RefusedAddress(models.Model):
    """An address that a mail server has refused for good, so often in a row."""

    address = models.CharField(max_length=254, unique=True, help_text="In lower case.")
    refusals = models.PositiveIntegerField(default=1, help_text="How many mails were refused for good, in a row.")
    last_error = models.TextField(blank=True)
    last_at = models.DateTimeField()

    objects = RefusedAddressQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at"]
        verbose_name = "refused address"
        verbose_name_plural = "refused addresses"

    def __str__(self) -> str:
        return self.address

    @property
    def is_blocked(self) -> bool:
        return self.refusals >= REFUSALS_IN_A_ROW

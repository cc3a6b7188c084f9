"""What people choose for themselves, wherever they sign in."""

from django.contrib.auth.models import User
from django.db import models


class SingleKeysOff(models.Model):
    """Whoever has a row does without the keys of one letter: speech input presses them unasked."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name_plural = "single keys off"

    def __str__(self) -> str:
        return f"{self.user} does without single keys"


class FirstStepsOff(models.Model):
    """Whoever has a row has put the first steps away."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name_plural = "first steps off"

    def __str__(self) -> str:
        return f"{self.user} has put the first steps away"


class ChosenZone(models.Model):
    """The time zone of whoever does not want the browser's: on pages, in exports and in mails."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    zone = models.CharField(max_length=64, help_text="IANA name.")

    def __str__(self) -> str:
        return self.zone


class ChosenLanguage(models.Model):
    """The language of whoever does not want the browser's: on pages and in mails."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=10, help_text="One of the setting LANGUAGES.")

    def __str__(self) -> str:
        return self.language


class ChosenAnnouncements(models.Model):
    """What pages announce to the screen reader of whoever does not want to hear of every change."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    announced = models.CharField(max_length=10, help_text="failures or off.")

    class Meta:
        verbose_name_plural = "chosen announcements"

    def __str__(self) -> str:
        return self.announced

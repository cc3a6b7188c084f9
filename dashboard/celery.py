"""The Celery application: the doorbell. What is to be done stands in the database."""

import os

from celery import Celery
from celery.signals import worker_shutting_down

from dashboard import messages
from dashboard.shutdown import stopping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

messages.drop_what_is_none()
app = Celery("vedette")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_shutting_down.connect
def _tell_long_work(**_signal) -> None:
    stopping.set()

"""Celery tasks: the wake-up calls. What is to be sent stands in the table; doubled or lost messages change nothing."""

from celery import shared_task

from notifications import delivery


@shared_task
def deliver(mail_id: int) -> None:
    """Send one mail, if it is due."""
    delivery.deliver(mail_id)


@shared_task
def deliver_due() -> None:
    """Send what nobody was told about, what is to be tried again, and what a dead worker left behind."""
    delivery.deliver_due()

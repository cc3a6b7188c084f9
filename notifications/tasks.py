"""Celery tasks: the wake-up calls. What is to be sent stands in the table; doubled or lost messages change nothing."""

from celery import shared_task

from notifications import delivery, hook_delivery


@shared_task
def deliver(mail_id: int) -> None:
    """Send one mail, if it is due."""
    delivery.deliver(mail_id)


@shared_task
def deliver_due() -> None:
    """Send what nobody was told about, what is to be tried again, what a dead worker left behind; write daily mails.

    Sent first: nothing about a daily mail keeps the others here.
    """
    from notifications import digests  # which writes mails, and writing rings here

    delivery.deliver_due()
    if digests.write_due():
        delivery.deliver_due()


@shared_task
def tell_hook(message_id: int) -> None:
    """Send one message to its hook, if it is due."""
    hook_delivery.deliver(message_id)


@shared_task
def tell_hooks_due() -> None:
    """Send hooks what nobody rang for, what is to be tried again, and what a dead worker left behind."""
    hook_delivery.deliver_due()

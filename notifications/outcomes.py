"""What became of mails and of messages to hooks, for those who keep account of what they tell of."""

from django.dispatch import Signal

# Rows were sent, or given up. `sender` is their model, `rows` their numbers. Sent inside the transaction that says so.
ended = Signal()

"""Messages that nobody of Vedette has sent: doubled, out of order, late, or made up."""

import json
import random
import uuid

from celery import Celery

from tests.faults.installation import Installation

QUEUES = ("default", "scans")
TASKS = {
    "analyses.tasks.prescan": "default",
    "analyses.tasks.run_scan": "scans",
    "analyses.tasks.start_queued": "default",
    "analyses.tasks.sweep": "default",
    "notifications.tasks.deliver": "default",
    "notifications.tasks.deliver_due": "default",
}
_NO_ARGUMENTS = {"analyses.tasks.start_queued", "analyses.tasks.sweep", "notifications.tasks.deliver_due"}
_ODD = ([-1], [0], [10**18], ["1"], ["; drop table"], [None], [[]], [{}], [1, 2, 3], [True], [1.5], ["x" * 10_000])
GARBAGE = (
    b"",
    b"not JSON",
    b"null",
    b"[]",
    b"{}",
    b'{"body": 1}',
    b"\x80\x04\x95",
    b'{"body": "e30=", "headers": {}}',
)
FOREIGN = json.dumps(
    {
        "body": "gASVAQ==",
        "content-type": "application/x-python-serialize",
        "content-encoding": "binary",
        "headers": {"task": "analyses.tasks.sweep", "id": "1"},
        "properties": {
            "delivery_tag": "1",
            "delivery_info": {"exchange": "", "routing_key": "default"},
            "body_encoding": "base64",
        },
    }
).encode()


class Messages:
    """Pushes messages into the installation's queues."""

    def __init__(self, installation: Installation, chance: random.Random):
        self._installation = installation
        self._chance = chance
        self._app = Celery("stranger", broker=installation.broker_url, set_as_current=False)
        self._app.conf.update(task_publish_retry=False, task_ignore_result=True)

    def doubled(self) -> bool:
        """The same message two to ten times: of a scan, a prescan or a mail that there is."""
        task, arguments = self._real()
        name = str(uuid.uuid4())
        for _ in range(self._chance.randint(2, 10)):
            self.send(task, arguments, name)
        return True

    def out_of_order(self) -> bool:
        """Messages of the past and of the future, in no order, before what is in the queues now, turned round."""
        for _ in range(self._chance.randint(3, 8)):
            self.send(*self._real())
        with self._installation.broker() as broker:
            for queue in QUEUES:
                waiting = broker.lrange(queue, 0, -1)
                if len(waiting) > 1:
                    broker.pipeline().delete(queue).rpush(queue, *reversed(waiting)).execute()
        return True

    def forged(self) -> bool:
        """Wrong types, unknown ids, unknown tasks."""
        task = self._chance.choice([*TASKS, "analyses.tasks.nosuch", "os.system", "celery.backend_cleanup"])
        self.send(task, self._chance.choice(_ODD))
        return True

    def garbage(self) -> bool:
        """What is no message at all."""
        self.push(self._chance.choice(GARBAGE))
        return True

    def foreign(self) -> bool:
        """A well-formed message in a form that is not accepted here."""
        self.push(FOREIGN)
        return True

    def push(self, raw: bytes) -> None:
        """Put this into every queue, whatever it is."""
        with self._installation.broker() as broker:
            for queue in QUEUES:
                broker.lpush(queue, raw)

    def _real(self) -> tuple[str, list[int]]:
        task = self._chance.choice(list(TASKS))
        if task in _NO_ARGUMENTS:
            return task, []
        table = {
            "analyses.tasks.prescan": "analyses_analysisoccurrence",
            "analyses.tasks.run_scan": "analyses_scanoccurrence",
        }.get(task, "notifications_outgoingmail")
        last = self._installation.number(f"SELECT COALESCE(MAX(id), 0) FROM {table}")
        return task, [max(1, last - self._chance.randint(0, 15))]

    def send(self, task: str, arguments: list, name: str | None = None) -> None:
        """Send a task as a worker would."""
        self._app.send_task(task, arguments, queue=TASKS.get(task, "default"), task_id=name)

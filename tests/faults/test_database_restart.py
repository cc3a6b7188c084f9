"""A database server that was restarted has cut every connection that was kept for later."""

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection


@pytest.mark.postgres
def test_connections_that_were_cut_are_not_used_again(own_session):
    # With one kept connection: the pool looks at several with longer and longer waits in between, 15 s for five.
    connection.close()
    connection.close_pool()
    assert User.objects.count() == 0
    own = connection.get_connection_params()
    connection.close()  # it is kept for the next request
    with psycopg.connect(**{name: own[name] for name in ("dbname", "user", "host")}, autocommit=True) as server:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        cut = server.execute(f"SELECT pg_terminate_backend(pid, 5000) {others}").fetchall()
    assert (True,) in cut
    assert User.objects.count() == 0

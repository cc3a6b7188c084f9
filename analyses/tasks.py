"""Celery tasks: each takes ids and calls one function. Doubled or late messages change nothing."""

from celery import shared_task
from django.db import close_old_connections

from analyses import lifecycle, prescanner, runner
from analyses.doorbell import ring


@shared_task
def prescan(occurrence_id: int) -> None:
    """Prescan an occurrence that is submitted or due."""
    prescanner.drive(occurrence_id)


@shared_task
def run_scan(scan_id: int) -> None:
    """Drive one scan occurrence to its end."""
    close_old_connections()
    runner.drive(scan_id)


@shared_task
def start_queued() -> None:
    """Ring for the queued scans that free slots wait for."""
    lifecycle.show_places_in_line()
    for scan_id in lifecycle.startable():
        ring("run_scan", scan_id)


@shared_task
def sweep() -> None:
    """Make good what a lost message, a lost worker or the clock left undone."""
    for occurrence_id in lifecycle.overdue():
        lifecycle.expire(occurrence_id)
    lifecycle.show_places_in_line()
    due = lifecycle.due()
    for occurrence_id in due.prescans:
        ring("prescan", occurrence_id)
    for scan_id in due.scans:
        ring("run_scan", scan_id)

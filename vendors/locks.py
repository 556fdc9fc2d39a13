"""Holding rows still while something that rests on them is committed."""

from django.db import connection, models


def hold(model: type[models.Model], *ids: int) -> None:
    """Nobody changes these rows until the open transaction is over; others may hold them at the same time (FOR SHARE).

    Always in the order of their ids, so that two transactions that hold the same rows never wait for each other.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Rows are held inside a transaction.")
    if ids:
        table = connection.ops.quote_name(model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id FOR SHARE", [list(ids)])  # nosec: a model's own table

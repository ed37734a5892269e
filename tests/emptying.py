"""The tests' database is emptied after a story that commits: only what has rows, for to truncate every table is slow,
and without the signals that would fill tables nobody reads.
"""

from __future__ import annotations

from functools import cache

from django.db import connection, transaction

EMPTY = """
do $$
declare
    each text;
    has_rows boolean;
begin
    foreach each in array '{tables}'::text[] loop
        execute format('select exists (select from %I)', each) into has_rows;
        if has_rows then
            execute format('delete from %I', each);
        end if;
    end loop;
end $$
"""


def empty(_case: object = None) -> None:
    """Delete every row, in no order and by no trigger; waits for whoever still writes, as a truncation would."""
    tables = _tables()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(f"lock table {', '.join(tables)} in exclusive mode")
        cursor.execute(EMPTY.format(tables="{" + ",".join(tables) + "}"))


@cache
def _tables() -> tuple[str, ...]:
    return tuple(sorted(connection.introspection.django_table_names(only_existing=True, include_views=False)))

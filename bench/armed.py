"""The data several benchmarks share: a million open conversations whose clocks run, on ten accounts.

Five workspaces with two API accounts each, one rule of 365 days that covers both. Nothing is due: each benchmark
moves the clocks it needs.
"""

from typing import Any

from bench.harness import Connection, Data

WORKSPACES = 5
ACCOUNTS_EACH = 2
KNOWN = 50_000
"""Contacts with an identity, `c<contact id>`: those who may write."""
YEAR = "365 days"


def data(rows: int) -> Data:
    """So many armed conversations."""
    return Data("armed", rows, _build)


def _build(connection: Connection, rows: int) -> None:
    from bandeja.channels import accounts
    from bandeja.channels.api.channel import EXTERNAL
    from bandeja.channels.models import ChannelKey
    from bandeja.people import links

    for number in range(WORKSPACES):
        workspace = links.make_workspace(f"Tienda {number}")
        connected = [
            accounts.connect(workspace, ChannelKey.API, name=f"Línea {line}") for line in range(ACCOUNTS_EACH)
        ]
        _cover(connection, workspace.pk, [account.pk for account in connected])
    connection.execute("update account set connected_at = now() - interval '3 years'")
    connection.execute("update workspace set entitled_since = now() - interval '3 years'")
    connection.execute(
        """insert into contact (workspace_id, name, email, phone)
           select (number %% %s) + (select min(id) from workspace), 'Contacto ' || number, '', ''
           from generate_series(1, %s) as number""",
        [WORKSPACES, rows],
    )
    connection.execute(
        """insert into conversation (workspace_id, account_id, contact_id, unread, last_inbound_at, last_inbound_id,
                                     last_message_at, last_message_text, armed_at, look_at)
           select contact.workspace_id, mine.ids[1 + contact.id %% array_length(mine.ids, 1)], contact.id, 1,
                  now(), contact.id, now() - random() * interval '30 days',
                  'Hola, quisiera saber el precio del envío', now(), now() + %s::interval
           from contact
           join (select workspace_id, array_agg(id order by id) as ids from account group by 1) as mine
               using (workspace_id)
           order by random()""",
        [YEAR],
    )
    connection.execute(
        """insert into identity (account_id, workspace_id, kind, value, contact_id)
           select account_id, workspace_id, %s, 'c' || contact_id, contact_id
           from conversation where contact_id <= %s""",
        [EXTERNAL, KNOWN],
    )


def _cover(connection: Connection, workspace_id: int, account_ids: list[int]) -> None:
    row: Any = connection.execute(
        """insert into rule (workspace_id, name, amount, unit, reason, active, version)
           values (%s, 'Regla 1', 365, 'days', 'Sin respuesta del contacto', true, 1) returning id""",
        [workspace_id],
    ).fetchone()
    connection.execute(
        "insert into rule_time (rule_id, seconds, since) values (%s, 31536000, now() - interval '3 years')", row
    )
    connection.execute(
        """insert into coverage (workspace_id, rule_id, account_id, covered_since)
           select %s, %s, account_id, now() - interval '3 years' from unnest(%s::bigint[]) as account_id""",
        [workspace_id, row[0], account_ids],
    )

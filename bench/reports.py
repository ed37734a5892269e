"""The closing reports, over two million closings of a million conversations: seconds until there are all figures.

`value` is all that the page shows of the last 90 days, of everything in the workspace. The floor, `scan`, is one
plain pass over the same closings: what any way of counting them all must pay.
"""

from datetime import timedelta
from time import perf_counter

from bench.harness import Asked, Connection, Data, alternate, install
from bench.result import Percentiles, Result

ROWS = 1_000_000
ROUNDS = 3
ACCOUNTS, OWNERS = 4, 20
DAYS = 90

SCAN = """
select count(*), max(cause), max(reason), max(rule_id), max(account_id), max(owner_id)
from closure where closed_at > now() - interval '91 days'
"""

CONVERSATIONS = """
insert into conversation (workspace_id, account_id, contact_id, owner_id, status, closed_at, created_at,
                          last_inbound_at, last_message_at)
select workspace_id, (%s::bigint[])[1 + id %% 4], id, (%s::bigint[])[1 + (id * 7) %% 22], 'closed', now(),
       now() - interval '91 days', now(), now()
from contact
order by id
"""

# Two of each conversation: two thirds by the rule of the account, most others by hand with one of eleven reasons.
CLOSINGS = """
create temporary table closing as
select row_number() over (order by closed_at) as number, *,
       case when cause = 'rule' then deadline - make_interval(hours => hours)
            else closed_at - power(random(), 2) * interval '2 days' end as said_at,
       case when random() < 0.4 then closed_at + power(random(), 4) * interval '20 days' end as back_at
from (
    select conversation.*, closes_at as deadline, closes_at + power(random(), 8) * interval '2 s' as closed_at,
           case when dice < 0.65 then 'rule' when dice < 0.9 then 'agent' when dice < 0.96 then 'bulk'
                when dice < 0.99 then 'flow' else 'api' end as cause
    from (
        select id as conversation_id, workspace_id, account_id, owner_id, 1 + account_id % 3 as rule_id,
               12 * (1 + account_id % 3)::int as hours, random() as dice,
               now() - interval '90 days' + (turn + random()) * interval '45 days' as closes_at
        from conversation
        cross join generate_series(0, 1) as turn
    ) as conversation
) as closing
"""

CLOSURES = """
insert into closure (workspace_id, account_id, conversation_id, owner_id, cause, reason, actor_kind, armed_at,
                     deadline, closed_at, last_inbound_at, rule_id, rule_name, rule_amount, rule_unit)
select workspace_id, account_id, conversation_id, owner_id, cause,
       case when cause = 'rule' then 'Sin respuesta del contacto en ' || hours || ' horas'
            else (array['Compró', 'No le interesa', 'Pedido entregado', 'Precio', 'Duplicada', 'Spam', 'Otra',
                        'Sin existencias', 'Cita agendada', 'Reclamo resuelto', 'Otra ciudad'])[1 + number % 11]
       end,
       case when cause = 'rule' then 'system' else 'agent' end,
       case when cause = 'rule' then said_at end, case when cause = 'rule' then deadline end, closed_at, said_at,
       case when cause = 'rule' then rule_id end, case when cause = 'rule' then 'Regla ' || rule_id else '' end,
       case when cause = 'rule' then hours end, case when cause = 'rule' then 'hours' else '' end
from closing
order by closed_at
"""

EVENTS = """
insert into event (workspace_id, conversation_id, kind, at, actor_kind, number)
select workspace_id, conversation_id, kind, at, 'system', row_number() over (order by at)
from (
    select workspace_id, conversation_id, 'conversation_closed' as kind, closed_at as at from closing
    union all
    select workspace_id, conversation_id, 'conversation_opened', back_at from closing where back_at < now()
) as event
order by at
"""

MESSAGES = """
insert into message (workspace_id, account_id, conversation_id, direction, kind, text, external_id, counts, at,
                     received_at, created_at, author_kind)
select workspace_id, account_id, conversation_id, direction, 'text', 'Hola, quisiera saber el precio del envío',
       case when direction = 'in' then 'm' || number end, direction = 'in', at,
       case when direction = 'in' then at end, at, case when direction = 'in' then 'contact' else 'agent' end
from (
    select *, 'in' as direction, said_at as at from closing
    union all
    select *, 'out', said_at + interval '2 min' from closing where random() < 0.7
) as said
order by at
"""


def measure(asked: Asked) -> Result:
    rows = asked.rows or ROWS
    with install(asked, Data("closed", rows, _build)) as here, here.connect() as connection:
        bench = Reports(connection)
        times = alternate({"value": bench.look, "scan": bench.scan}, rounds=ROUNDS)
        config = {"rows": rows, "closings": bench.found, "days": DAYS, "rounds": ROUNDS}
    return Result("reports", "s", times.pop("value"), times, Percentiles.of(bench.times), config)


class Reports:
    """The figures of the page, as its view takes them."""

    def __init__(self, connection: Connection) -> None:
        from bandeja.people.clock import database_now
        from bandeja.people.models import Workspace

        self._connection = connection
        self._workspace = Workspace.objects.get()
        self._until = database_now()
        self.times: list[float] = []
        self.found = 0

    def look(self) -> float:
        """Seconds of all of them."""
        from bandeja.reports.asked import Asked
        from bandeja.reports.report import report

        asked = Asked(since=self._until - timedelta(days=DAYS + 1), until=self._until)
        begun = perf_counter()
        self.found = report(self._workspace, asked).total.closings
        self.times.append(perf_counter() - begun)
        return self.times[-1]

    def scan(self) -> float:
        begun = perf_counter()
        self._connection.execute(SCAN)
        return perf_counter() - begun


def _build(connection: Connection, rows: int) -> None:
    from bandeja.channels import accounts
    from bandeja.channels.models import ChannelKey
    from bandeja.people import links

    workspace = links.make_workspace("Tienda")
    connected = [accounts.connect(workspace, ChannelKey.API, name=f"Línea {line}").pk for line in range(ACCOUNTS)]
    owners = [links.make_agent(workspace, f"v{number}@tienda.example").pk for number in range(OWNERS)]
    connection.execute(
        """insert into contact (workspace_id, name, email, phone)
           select %s, 'Contacto ' || number, '', '' from generate_series(1, %s) as number""",
        [workspace.pk, rows],
    )
    connection.execute(CONVERSATIONS, [connected, owners])
    for statement in (CLOSINGS, CLOSURES, EVENTS, MESSAGES):
        connection.execute(statement)

"""What a rule would have done, on a million conversations of history: seconds until the card shows it.

`value` is both looks back together: the closings of 30 days, with a list of 50, and the silences. The floor, `scan`,
is one plain pass over the same messages: what any way of reading them all must pay.
"""

from functools import partial
from time import perf_counter

from bench.harness import Asked, Connection, Data, alternate, install
from bench.result import Percentiles, Result

ROWS = 1_000_000
ROUNDS = 3
ACCOUNTS = 2
HOURS = 24
"""The rule's time."""

SCAN = """
select count(*), max(received_at), count(*) filter (where direction = 'out')
from message where account_id = any(%s) and at > now() - interval '31 days'
"""

CONVERSATIONS = """
insert into conversation (workspace_id, account_id, contact_id, status, closed_at, created_at, last_inbound_at,
                          last_message_at)
select workspace_id, %s, id, case when id %% 3 = 0 then 'closed' else 'open' end,
       case when id %% 3 = 0 then began + interval '5 hours' end, began, began, began
from (select *, now() - random() * interval '30 days' as began from contact) as contact
where id %% %s = %s
order by began
"""

# As they come: three of the contact's, two answers, the third after some hours or days; kept in the order of time.
MESSAGES = """
insert into message (workspace_id, account_id, conversation_id, direction, kind, text, external_id, counts, at,
                     received_at, created_at, author_kind)
select workspace_id, account_id, id, direction, 'text', 'Hola, quisiera saber el precio del envío a la costa',
       case when direction = 'in' then concat('m', id, '-', part) end, direction = 'in', instant,
       case when direction = 'in' then instant end, instant,
       case when direction = 'in' then 'contact' else 'agent' end
from (
    select conversation.*, direction, part, created_at + case part
               when 4 then interval '4 hours' + power(random(), 3) * interval '10 days' else ahead end as instant
    from conversation
    cross join (values (0, 'in', interval '0'), (1, 'out', interval '20 min'), (2, 'in', interval '2 hours'),
                       (3, 'out', interval '3 hours'), (4, 'in', interval '0')) as said (part, direction, ahead)
) as said
where instant < now()
order by instant
"""

CLOSURES = """
insert into closure (workspace_id, account_id, conversation_id, cause, reason, actor_kind, closed_at)
select workspace_id, account_id, id, 'agent', 'Resuelto', 'agent', closed_at
from conversation where status = 'closed' order by closed_at
"""

LAST = """
update conversation set last_inbound_at = said.at, last_message_at = said.at
from (select conversation_id, max(received_at) as at from message where counts group by 1) as said
where said.conversation_id = conversation.id
"""


def measure(asked: Asked) -> Result:
    rows = asked.rows or ROWS
    with install(asked, Data("history", rows, _build)) as here, here.connect() as connection:
        bench = Preview(connection)
        times = alternate(
            {"value": bench.look, "closings": bench.closings, "silences": bench.silences, "scan": bench.scan},
            rounds=ROUNDS,
        )
        config = {
            "rows": rows, "messages": bench.messages, "hours": HOURS, "rounds": ROUNDS, "found": bench.found,
            "every": bench.every, "closings": times.pop("closings"), "silences": times.pop("silences"),
        }  # fmt: skip
    return Result("preview", "s", times.pop("value"), times, Percentiles.of(bench.times), config)


class Preview:
    """The looks back of a card, as its view takes them."""

    def __init__(self, connection: Connection) -> None:
        from bandeja.channels.models import Account
        from bandeja.closing import preview, silences
        from bandeja.closing.deadline import Stretch
        from bandeja.conversations.scope import Scope

        account = Account.objects.select_related("workspace").order_by("pk")[0]
        self._connection, self._workspace = connection, account.workspace
        self._accounts = list(Account.objects.values_list("pk", flat=True))
        seconds, scope = HOURS * 3_600, Scope(self._workspace.pk)
        self._closings = partial(preview.look_back, self._workspace, self._accounts, Stretch(seconds), scope=scope)
        self._silences = partial(silences.look_at_silences, self._workspace, self._accounts, seconds)
        self.times: list[float] = []
        self.found, self.every = 0, 1
        row = connection.execute("select count(*) from message").fetchone()
        self.messages: int = row[0] if row else 0

    def look(self) -> float:
        """Seconds of both."""
        self.times.append(self.closings() + self.silences())
        return self.times[-1]

    def closings(self) -> float:
        begun = perf_counter()
        looked = self._closings()
        self.found, self.every = looked.closings, looked.every
        return perf_counter() - begun

    def silences(self) -> float:
        begun = perf_counter()
        self._silences()
        return perf_counter() - begun

    def scan(self) -> float:
        begun = perf_counter()
        self._connection.execute(SCAN, [self._accounts])
        return perf_counter() - begun


def _build(connection: Connection, rows: int) -> None:
    from bandeja.channels import accounts
    from bandeja.channels.models import ChannelKey
    from bandeja.people import links

    workspace = links.make_workspace("Tienda")
    connected = [accounts.connect(workspace, ChannelKey.API, name=f"Línea {line}") for line in range(ACCOUNTS)]
    connection.execute(
        """insert into contact (workspace_id, name, email, phone)
           select %s, 'Contacto ' || number, '', '' from generate_series(1, %s) as number""",
        [workspace.pk, rows],
    )
    for line, account in enumerate(connected):
        connection.execute(CONVERSATIONS, [account.pk, ACCOUNTS, line])
    for statement in (MESSAGES, CLOSURES, LAST):
        connection.execute(statement)

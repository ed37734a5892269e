"""One busy workspace: conversations of ten messages each with people who have names, most of them closed.

Of a thousand, fifty are open; four of five have an owner among twenty; every tag is on one of a hundred.
"""

from bench.harness import Connection, Data

FIRST = (
    "María", "José", "Lía", "Andrés", "Sofía", "Julián", "Ángela", "Óscar", "Verónica", "Íñigo", "Camila", "Tomás",
    "Nicolás", "Begoña", "Héctor", "Zoe", "Mateo", "Lucía", "Raúl", "Ximena", "Iván", "Noelia", "Fermín", "Paz",
)  # fmt: skip
LAST = (
    "Restrepo", "Gómez", "Peña", "Muñoz", "Rodríguez", "Echeverry", "Núñez", "Cárdenas", "Ibáñez", "Güiza", "López",
    "Marín", "Ospina", "Yáñez", "Quintero", "Vélez", "Zuluaga", "Arboleda", "Beltrán", "Dávila", "Farías", "Hoyos",
)  # fmt: skip
SAID = (
    "Hola, quisiera saber el precio del envío a Medellín, por favor", "¿Tienen la Ruta 28 en azul, talla M?",
    "Gracias, mañana paso por la tienda", "Claro que sí, te la aparto hasta el viernes",
    "¿Cuánto tarda en llegar la bicicleta?", "Ya hice la transferencia, te mando el comprobante",
    "¿El casco viene incluido o se compra aparte?", "Perfecto, muchas gracias por la ayuda",
    "Buenas tardes, ¿a qué hora abren hoy?", "El envío sale hoy y llega en tres días hábiles",
)  # fmt: skip
REASONS = ("Sin respuesta del contacto", "Compró en la tienda", "Resuelto", "Número equivocado")
RARE = "Desistimiento"
AGENTS, ACCOUNTS, TAGS = 20, 10, 10

CONTACTS = """
insert into contact (workspace_id, name, email, phone)
select %(workspace)s,
       (%(first)s::text[])[1 + number %% %(firsts)s] || ' ' || (%(last)s::text[])[1 + (number / 7) %% %(lasts)s],
       case when number %% 3 = 0 then 'c' || number || '@correo.example' else '' end,
       '+57 300 ' || lpad(number::text, 7, '0')
from generate_series(1, %(rows)s) as number
"""

CONVERSATIONS = """
insert into conversation (workspace_id, account_id, contact_id, owner_id, status, unread, created_at, opened_at,
                          closed_at, last_inbound_at, last_message_at, last_message_text, armed_at, look_at)
select %(workspace)s, (%(accounts)s::bigint[])[1 + floor(random() * random() * %(account_count)s)::int], id,
       case when random() < 0.8 then (%(agents)s::bigint[])[1 + floor(random() * %(agent_count)s)::int] end,
       case when open then 'open' else 'closed' end, case when open and random() < 0.2 then 1 else 0 end,
       at - interval '9 hours', at - interval '9 hours', case when open then null else at + interval '1 hour' end,
       at, at, (%(said)s::text[])[1 + id %% %(saids)s],
       case when open then at end, case when open then at + interval '30 days' end
from (
    select id, random() < case when id %% 3 = 0 then 0.12 else 0.015 end as open,
           now() - interval '1 minute' - random() * random() * interval '700 days' as at
    from contact
) as person
order by random()
"""

CLOSURES = """
insert into closure (workspace_id, account_id, conversation_id, cause, reason, actor_kind, closed_at, owner_id)
select workspace_id, account_id, id,
       (array['agent', 'bulk', 'rule', 'rule', 'rule', 'rule', 'api'])[1 + floor(random() * 7)::int],
       case when id %% 100003 = 0 then %(rare)s else (%(reasons)s::text[])[1 + id %% 4] end,
       'agent', closed_at, owner_id
from conversation where status = 'closed'
"""

MESSAGES = """
insert into message (workspace_id, account_id, conversation_id, direction, kind, text, external_id, counts, at,
                     received_at, author_kind)
select workspace_id, account_id, id, case when turn %% 3 = 2 then 'out' else 'in' end, 'text',
       (%(said)s::text[])[1 + (id + turn) %% %(saids)s]
           || case when id %% 100003 = 5 then ' ' || %(rare)s else '' end,
       'm' || id || '-' || turn, turn %% 3 <> 2, last_message_at - (10 - turn) * interval '1 hour', last_message_at,
       case when turn %% 3 = 2 then 'agent' else 'contact' end
from conversation, generate_series(1, 10) as turn
where id between %(from)s and %(to)s
"""

STEP = 50_000
"""Conversations whose messages are written at once."""


def data(rows: int) -> Data:
    """So many conversations, with ten times as many messages."""
    return Data("talk", rows, _build)


def _build(connection: Connection, rows: int) -> None:
    from bandeja.channels import accounts
    from bandeja.channels.models import ChannelKey
    from bandeja.conversations import tags
    from bandeja.people import links

    place = links.make_workspace("Tienda")
    agents = [links.make_agent(place, "ana@bench.example", role="admin", name="Ana")]
    agents += [links.make_agent(place, f"a{n}@bench.example", role="seller", name=f"A{n}") for n in range(1, AGENTS)]
    kinds = (ChannelKey.API, ChannelKey.WEBCHAT)
    lines = [accounts.connect(place, kinds[number % 2], name=f"Línea {number}").pk for number in range(ACCOUNTS)]
    words = [tags.make(place.pk, f"Etiqueta {number}").pk for number in range(TAGS)]
    said = {"workspace": place.pk, "rows": rows, "said": list(SAID), "saids": len(SAID), "rare": RARE}
    said |= {"first": list(FIRST), "firsts": len(FIRST), "last": list(LAST), "lasts": len(LAST)}
    said |= {"accounts": lines, "account_count": len(lines), "reasons": list(REASONS)}
    said |= {"agents": [agent.pk for agent in agents], "agent_count": len(agents)}
    _cover(connection, place.pk, lines)
    connection.execute(CONTACTS, said)
    connection.execute(CONVERSATIONS, said)
    connection.execute(CLOSURES, said)
    for start in range(0, _last(connection) + 1, STEP):
        connection.execute(MESSAGES, {**said, "from": start, "to": start + STEP - 1})
    connection.execute(
        "insert into tagging (tag_id, conversation_id) select tag, id from unnest(%s::bigint[]) as tag, conversation"
        " where (id + tag * 7) %% 100 = 0",
        [words],
    )


def _cover(connection: Connection, workspace_id: int, account_ids: list[int]) -> None:
    """A rule of thirty days on every account, for three years."""
    connection.execute("update account set connected_at = now() - interval '3 years'")
    connection.execute("update workspace set entitled_since = now() - interval '3 years'")
    row = connection.execute(
        """insert into rule (workspace_id, name, amount, unit, reason, active, version)
           values (%s, 'Regla', 30, 'days', 'Sin respuesta del contacto', true, 1) returning id""",
        [workspace_id],
    ).fetchone()
    connection.execute(
        "insert into rule_time (rule_id, seconds, since) values (%s, 2592000, now() - interval '3 years')", row
    )
    connection.execute(
        """insert into coverage (workspace_id, rule_id, account_id, covered_since)
           select %s, %s, account_id, now() - interval '3 years' from unnest(%s::bigint[]) as account_id""",
        [workspace_id, row and row[0], account_ids],
    )


def _last(connection: Connection) -> int:
    row = connection.execute("select max(id) from conversation").fetchone()
    return int(row[0]) if row else 0

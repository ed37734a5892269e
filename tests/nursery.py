"""A process that has Django loaded and brings up workers to be killed: forking one takes milliseconds.

It listens on standard input, a command a line, and answers each with one line of JSON:
`seed N` makes a workspace with an API account and N conversations that are due; `bulk N` one with N conversations,
whose administrator closes all that match; `undoing N` one where that was done and is to be undone; `include N` one
with N quiet ones, which she includes in a rule; `worker` brings up a whole `bandeja worker` with small batches, so
that whoever kills it finds it in the middle of many transactions.
"""

import argparse
import json
import os
import signal
import sys
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

from bandeja.cli import start

_numbers = count(1)


def seed(due: int) -> dict[str, Any]:
    """A workspace whose rule has covered one account for two hours, and contacts silent for one."""
    from bandeja.channels import accounts
    from bandeja.channels.contract import Inbound
    from bandeja.channels.models import Account, ChannelKey
    from bandeja.closing import coverage, rules
    from bandeja.conversations import lifecycle
    from bandeja.people import links
    from bandeja.people.clock import database_now
    from bandeja.people.models import Workspace

    now = database_now()
    begun, written = now - timedelta(hours=2), now - timedelta(hours=1)
    workspace = links.make_workspace(f"Tienda {next(_numbers)}")
    Workspace.objects.filter(pk=workspace.pk).update(entitled_since=begun)
    account = accounts.connect(workspace, ChannelKey.API, name="CRM")
    Account.objects.filter(pk=account.pk).update(connected_at=begun)
    draft = rules.Draft("Regla", 1, "minutes", "Sin respuesta", [account.pk])
    rules.save(workspace, draft, by=None, at=begun)
    silent = [Inbound(account.pk, f"silent-{n}", ("external", f"silent-{n}"), text="Hola") for n in range(due)]
    lifecycle.receive(silent, clock=coverage.clock, at=written)
    return {"account": account.pk, "key": account.external_id, "token": accounts.new_token(account)}


def bulk(size: int) -> dict[str, Any]:
    """A bulk action over so many conversations, for the workers to carry out in small batches."""
    from bandeja.bulk import asking, freezing
    from bandeja.bulk.models import Verb
    from bandeja.channels import accounts
    from bandeja.channels.contract import Inbound
    from bandeja.channels.models import ChannelKey
    from bandeja.closing import coverage
    from bandeja.conversations import lifecycle
    from bandeja.inbox.ways import WAYS
    from bandeja.people import links

    freezing.BATCH = 10
    number = next(_numbers)
    workspace = links.make_workspace(f"Tienda {number}")
    ana = links.make_agent(workspace, f"ana@{number}.example", role="admin")
    account = accounts.connect(workspace, ChannelKey.API, name="CRM")
    several = [Inbound(account.pk, f"bulk-{n}", ("external", f"bulk-{n}"), text="Hola") for n in range(size)]
    lifecycle.receive(several, clock=coverage.clock)
    begun = asking.begin(ana, Verb.CLOSE, asking.Chosen(query=""), ways=WAYS, reason="Limpieza")
    return {"bulk": begun.pk, "account": account.pk}


def undoing(size: int) -> dict[str, Any]:
    """So many conversations closed in bulk, and that being taken back by the workers."""
    from bandeja.bulk import asking, carrying
    from bandeja.bulk.models import Bulk
    from bandeja.inbox.ways import WAYS

    begun = bulk(size)
    while carrying.step(WAYS):
        pass
    taken = asking.undo(Bulk.objects.get(pk=begun["bulk"]), ways=WAYS)
    assert taken is not None
    return {**begun, "bulk": taken.pk}


def include(size: int) -> dict[str, Any]:
    """So many conversations that are open without a clock, included in a rule by the workers in small batches."""
    from bandeja.channels import accounts
    from bandeja.channels.contract import Inbound
    from bandeja.channels.models import ChannelKey
    from bandeja.closing import coverage, including, inclusions, rules
    from bandeja.conversations import lifecycle
    from bandeja.people import links

    inclusions.BATCH = 10
    number = next(_numbers)
    workspace = links.make_workspace(f"Tienda {number}")
    ana = links.make_agent(workspace, f"ana@{number}.example", role="admin")
    account = accounts.connect(workspace, ChannelKey.API, name="CRM")
    several = [Inbound(account.pk, f"quiet-{n}", ("external", f"quiet-{n}"), text="Hola") for n in range(size)]
    lifecycle.receive(several, clock=coverage.clock)
    rule = rules.save(workspace, rules.Draft("Regla", 1, "days", "Sin respuesta", [account.pk]), by=ana)
    begun = including.ask(rule.pk, workspace=workspace, by=ana)
    return {"inclusion": begun.pk, "account": account.pk}


def worker() -> int:
    """Brings up a worker; answers its number."""
    from django.db import connection

    from bandeja.cli import worker as command
    from bandeja.closing import sweep
    from bandeja.embedded.bond import die_with
    from bandeja.intake import drain

    connection.close()
    parent = os.getpid()
    if child := os.fork():
        return child
    die_with(parent, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    drain.step = partial(drain.step, 10)
    sweep.BATCH = 10
    os._exit(command.run(argparse.Namespace()))


def main() -> None:
    start.django()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who are killed
    for line in sys.stdin:
        what, *given = line.split()
        known = {"seed": seed, "bulk": bulk, "undoing": undoing, "include": include}
        answer = known[what](int(given[0])) if given else worker()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

"""Links, agents and plans, without a browser: for the operator of this install."""

import argparse
import sys
from typing import TYPE_CHECKING

from bandeja import environment
from bandeja.cli import start

if TYPE_CHECKING:
    from bandeja.people.models import Workspace


class NotDoneError(Exception):
    """What was asked for cannot be done; the message says why."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Four verbs: link, agent, second-step, plan."""
    verbs = parser.add_subparsers(dest="verb", required=True)

    link = verbs.add_parser("link", help="print a one-time link to choose a password")
    link.add_argument("--email", help="whose link; without it, the first administrator's")
    link.add_argument("--quiet", action="store_true", help="print nothing when there is no first link to give")
    link.set_defaults(act=_link)

    agent = verbs.add_parser("agent", help="add an agent and print their one-time link")
    agent.add_argument("--email", required=True)
    agent.add_argument("--role", choices=["admin", "seller"], default="seller")
    agent.add_argument("--name", default="")
    agent.add_argument("--workspace", help="its number or name; not needed when there is only one")
    agent.set_defaults(act=_agent)

    step = verbs.add_parser("second-step", help="let somebody who lost their phone in by their password alone")
    step.add_argument("--email", required=True)
    step.set_defaults(act=_second_step)

    plan = verbs.add_parser("plan", help="change what a workspace's plan includes")
    plan.add_argument("--workspace", help="its number or name; not needed when there is only one")
    plan.add_argument("--plan", required=True, choices=["basic", "pro"])
    plan.add_argument("--addons", default="", help="separated by commas, such as inbox")
    plan.set_defaults(act=_plan)


def run(chosen: argparse.Namespace) -> int:
    """Does one of them; answers 1 with a sentence when it cannot."""
    with start.database():
        start.django()
        try:
            said = chosen.act(chosen)
        except NotDoneError as error:
            print(f"bandeja: {error}", file=sys.stderr)
            return 1
    if said:
        print(said)
    return 0


def _link(chosen: argparse.Namespace) -> str:
    from bandeja.people import links, members
    from bandeja.people.models import Agent

    url = environment.public_url().geturl()
    if chosen.email:
        agent = Agent.objects.filter(email__iexact=chosen.email, is_active=True).first()
        if agent is None:
            raise NotDoneError(f"No active agent has the e-mail {chosen.email}.")
        return members.give_link(agent, url, by=None)
    first = links.first_link(url)
    if first is None and not chosen.quiet:
        raise NotDoneError("The first administrator has already signed in; name an agent with --email.")
    return first or ""


def _second_step(chosen: argparse.Namespace) -> str:
    from bandeja.people import members
    from bandeja.people.models import Agent

    agent = Agent.objects.filter(email__iexact=chosen.email).first()
    if agent is None:
        raise NotDoneError(f"Nobody has the e-mail {chosen.email}.")
    if not members.remove_second_step(agent, by=None):
        raise NotDoneError(f"{chosen.email} has no second step.")
    return f"{chosen.email} signs in with the password alone now."


def _agent(chosen: argparse.Namespace) -> str:
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from bandeja.people import members
    from bandeja.people.models import Agent

    try:
        validate_email(chosen.email)
    except ValidationError as error:
        raise NotDoneError(f"{chosen.email} is not an e-mail address.") from error
    if Agent.objects.filter(email__iexact=chosen.email).exists():
        raise NotDoneError(f"{chosen.email} is an agent already; `bandeja admin link --email` gives a new link.")
    workspace = workspace_named(chosen.workspace)
    agent = members.invite(workspace, chosen.email, role=chosen.role, name=chosen.name, by=None)
    return members.give_link(agent, environment.public_url().geturl(), by=None)


def _plan(chosen: argparse.Namespace) -> str:
    from bandeja.closing import coverage

    workspace = workspace_named(chosen.workspace)
    addons = [addon.strip() for addon in chosen.addons.split(",") if addon.strip()]
    coverage.entitle(workspace, plan=chosen.plan, addons=addons)
    return f"{workspace} has the plan {chosen.plan} with {', '.join(addons) or 'no add-ons'}."


def workspace_named(named: str | None) -> "Workspace":
    """The one with this number or name, or the only one there is."""
    from bandeja.people.models import Workspace

    every = Workspace.objects.order_by("pk")
    if named:
        every = every.filter(pk=named) if named.isdigit() else every.filter(name=named)
    found = list(every[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise NotDoneError("There is more than one such workspace; name it by its number with --workspace.")
    raise NotDoneError("There is no such workspace." if named else "There is no workspace yet; run `bandeja up`.")

"""Conversations, over the API: list them, show one with what was said, close one."""

import argparse
from collections import deque

from bandeja.cli import remote
from bandeja.client import Client, Message

SHOWN = 100
"""How many messages of a conversation are shown."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Three verbs: list, show, close."""
    remote.arguments(parser)
    verbs = parser.add_subparsers(dest="verb", required=True)

    listing = verbs.add_parser("list", help="those that match, the latest first")
    listing.add_argument("--status", choices=["open", "closed"])
    listing.add_argument("--owner", help="mine, nobody, a person's number, or team-NUMBER")
    listing.add_argument("--q", help="a name, an e-mail or a number")
    listing.add_argument("--unread", action="store_const", const=True)
    listing.add_argument("--most", type=int, default=50, help="how many at the most (50)")
    listing.set_defaults(act=_list)

    show = verbs.add_parser("show", help="one, with its last hundred messages")
    show.add_argument("id", type=int)
    show.set_defaults(act=_show)

    close = verbs.add_parser("close", help="close one")
    close.add_argument("id", type=int)
    close.add_argument("--reason", required=True)
    close.set_defaults(act=_close)


def run(chosen: argparse.Namespace) -> int:
    """Does one of them."""
    return remote.run(chosen)


def _list(client: Client, chosen: argparse.Namespace) -> None:
    filters = {"status": chosen.status, "owner": chosen.owner, "q": chosen.q, "unread": chosen.unread}
    found = client.conversations(**filters)
    for _number, each in zip(range(chosen.most), found, strict=False):
        who, account = each["contact"], each["account"]["name"]
        said = each["last_message_text"].replace("\n", " ")[:60]
        remote.say(
            f"{each['id']:>8}  {each['status']:6}  {each['last_message_at'][:16]}  {who['name']} · {account}  {said}"
        )


def _show(client: Client, chosen: argparse.Namespace) -> None:
    found = client.conversation(chosen.id)
    remote.say(f"{found['contact']['name']} · {found['account']['name']} · {found['status']}")
    if found["closes_at"]:
        remote.say(f"closes at {found['closes_at']}")
    for message in _last(client, chosen.id):
        remote.say(f"{message['at'][:16]}  {message['direction']:4}  {message['author']}  {message['text']}")


def _last(client: Client, conversation_id: int) -> deque[Message]:
    """The latest messages of a thread, which is read from its beginning."""
    kept: deque[Message] = deque(maxlen=SHOWN)
    after = 0
    while page := client.messages(conversation_id, after=after):
        kept.extend(page)
        after = page[-1]["id"]
    return kept


def _close(client: Client, chosen: argparse.Namespace) -> None:
    remote.say(f"{client.close(chosen.id, chosen.reason)['id']} is closed.")

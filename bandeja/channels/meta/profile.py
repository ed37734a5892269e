"""What a contact is called: Messenger and Instagram deliver no name, so it is asked for (meta.md A7). Only HTTP.

Pictures are let be: their addresses expire, and initials do as well.
"""

from __future__ import annotations

from bandeja.channels.instagram.send import by_page
from bandeja.channels.meta import graph
from bandeja.channels.meta.found import meta_id
from bandeja.channels.models import ChannelKey
from bandeja.channels.reading import line as one_line
from bandeja.channels.sending import Line

CHANNELS = frozenset({ChannelKey.MESSENGER.value, ChannelKey.INSTAGRAM.value})


def name_of(channel: str, ours: Line, person: str) -> str:
    """The name of the person with this id, or on Instagram their username; empty when they tell neither.

    Raises Refused, NotReached or Unanswered as `Graph` does; to be asked again does no harm.
    """
    if channel == ChannelKey.MESSENGER:
        told = graph.facebook(ours.token, ours.graph_url).get(meta_id(person), fields="first_name,last_name")
        return " ".join(filter(None, (one_line(told.get("first_name")), one_line(told.get("last_name")))))
    reach = graph.facebook if by_page(ours.config) else graph.instagram
    told = reach(ours.token, ours.graph_url).get(meta_id(person), fields="name,username")
    return one_line(told.get("name")) or one_line(told.get("username"))

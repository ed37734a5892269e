"""What Messenger and Instagram share: `entry[] × messaging[]`, where one item is one event between two sides.

`standby[]` holds the same when another app has the conversation. A test from Meta's dashboard comes as
`changes[]` with the event in `value` (meta.md A5, A6).
"""

from __future__ import annotations

from functools import partial

from bandeja.channels.contract import Delivery, Notice
from bandeja.channels.meta.events import EVENTS
from bandeja.channels.meta.reasons import NOTHING_KNOWN
from bandeja.channels.meta.scene import Dialect, Said, scene_of
from bandeja.channels.meta.values import known
from bandeja.channels.reading import NO_OBJECT, Item, Misunderstood, Reading, many


def read_entry(dialect: Dialect, delivery: Delivery, reading: Reading, entry: Item) -> Said:
    """One page's, or one professional account's, events."""
    own = known(entry.get("id"))
    lists = [many(entry.get(name)) for name in ("messaging", "standby")]
    changes = many(entry.get("changes"))
    if not any(lists) and not changes:
        raise Misunderstood(NOTHING_KNOWN)
    for items in lists:
        reading.each(items, partial(_event, dialect, delivery, own))
    reading.each(changes, partial(_change, dialect, delivery, own))
    return ()


def _change(dialect: Dialect, delivery: Delivery, own: str, change: Item) -> Said:
    """Comments and the like, which are no conversation; or an event, as the dashboard's tests have it."""
    field, value = change.get("field"), change.get("value")
    if isinstance(field, str) and field in dialect.left_out:
        return Notice(dialect.channel, "line", own, field, {})
    if not isinstance(value, dict):
        raise Misunderstood(NO_OBJECT)
    return _event(dialect, delivery, own, value)


def _event(dialect: Dialect, delivery: Delivery, own: str, event: Item) -> Said:
    scene = scene_of(dialect, delivery, own, event)
    for name, understand in EVENTS.items():
        if isinstance(body := event.get(name), dict):
            return understand(scene, body)
    raise Misunderstood(NOTHING_KNOWN)

"""How Messenger speaks of what happens on a page (meta.md A5)."""

from bandeja.channels.meta.scene import Dialect

MESSENGER = Dialect(
    channel="messenger",
    identity="psid",
    left_out=frozenset({"conversations", "feed", "leadgen", "live_videos", "mention", "name", "picture", "ratings"}),
)
"""Its people are known by an id of the page (PSID). Posts, comments and reviews are no conversation."""

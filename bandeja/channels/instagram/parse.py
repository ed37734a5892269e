"""How Instagram speaks of what happens to a professional account (meta.md A6)."""

from bandeja.channels.meta.scene import Dialect

INSTAGRAM = Dialect(
    channel="instagram",
    identity="igsid",
    left_out=frozenset({"comments", "live_comments", "mentions", "story_insights"}),
)
"""Its people are known by an id of the account (IGSID). Comments and mentions in posts are no conversation."""

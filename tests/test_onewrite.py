"""An answer leaves in one piece, and nothing of it is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bandeja.onewrite import AT_ONCE, Held


class Wire:
    """A transport that remembers what left, in which pieces."""

    def __init__(self) -> None:
        self.left: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.left.append(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str) -> str:
        return name


def on_the_wire(story: Callable[[Any, Wire], Awaitable[None]]) -> None:
    async def run() -> None:
        wire: Any = Wire()
        await story(Held(wire, asyncio.get_running_loop()), wire)

    asyncio.run(run())


def test_head_and_body_leave_together_at_the_end_of_the_turn() -> None:
    async def story(held: Any, wire: Wire) -> None:
        held.write(b"head ")
        held.write(b"body")
        assert not wire.left
        await asyncio.sleep(0)
        assert wire.left == [b"head body"]
        held.write(b"next")
        await asyncio.sleep(0)
        assert wire.left == [b"head body", b"next"]

    on_the_wire(story)


def test_what_is_written_before_closing_still_leaves() -> None:
    async def story(held: Any, wire: Wire) -> None:
        held.write(b"bye")
        held.close()
        await asyncio.sleep(0)
        assert wire.left == [b"bye"]
        assert wire.closed

    on_the_wire(story)


def test_much_is_not_held_back() -> None:
    async def story(held: Any, wire: Wire) -> None:
        held.write(b"head ")
        held.write(b"x" * (AT_ONCE + 1))
        assert len(wire.left) == 1
        await asyncio.sleep(0)
        assert len(wire.left) == 1

    on_the_wire(story)


def test_what_is_written_to_a_line_that_was_cut_is_dropped() -> None:
    async def story(held: Any, wire: Wire) -> None:
        held.write(b"too late")
        wire.closed = True
        await asyncio.sleep(0)
        assert not wire.left

    on_the_wire(story)


def test_everything_else_is_the_transports() -> None:
    async def story(held: Any, wire: Wire) -> None:
        assert held.get_extra_info("peername") == "peername"

    on_the_wire(story)

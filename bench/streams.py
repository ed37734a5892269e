"""What `bench.stream` runs beside itself: the clients, and a bare server of streams.

`hear PORT` reads the tokens as one line of JSON, opens a stream with each, says "ready", and after another line
prints the seconds that each event took, as JSON. `serve PORT` holds streams and passes on what it is told.
"""

import asyncio
import gc
import json
import re
import select
import socket
import sys
import time

SAID = re.compile(rb'"c": \[(\d+)\]')


def main() -> None:
    verb, port = sys.argv[1], int(sys.argv[2])
    if verb == "hear":
        hear(port)
    else:
        import uvloop

        uvloop.run(serve(port))


def hear(port: int) -> None:
    """Every client in one loop over epoll: as little as possible beside what is measured."""
    tokens = json.loads(sys.stdin.readline())
    gc.disable()
    poll = select.epoll()
    lines = {}
    for token in tokens:
        line = socket.create_connection(("127.0.0.1", port), timeout=30)
        line.sendall(f"GET /events?token={token} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        assert line.recv(4096)
        line.settimeout(0)
        lines[line.fileno()] = line
        poll.register(line, select.EPOLLIN)
    print("ready", flush=True)
    poll.register(sys.stdin, select.EPOLLIN)
    print(json.dumps(_listen(poll, lines)))


def _listen(poll: select.epoll, lines: dict[int, socket.socket]) -> list[float]:
    times: list[float] = []
    while True:
        for number, _ in poll.poll():
            if number == sys.stdin.fileno():
                return times
            said = lines[number].recv(65536)
            now = time.monotonic_ns()
            if not said:
                raise ConnectionError("the server hung up")
            times += [(now - int(at)) / 1e9 for at in SAID.findall(said)]


async def serve(port: int) -> None:
    """No HTTP beyond the least, no tokens, no database."""
    rooms: dict[int, set[asyncio.StreamWriter]] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        verb, path, _ = (await reader.readline()).split(b" ", 2)
        while (await reader.readline()).strip():
            pass
        if verb == b"POST":
            async for line in reader:
                room, at = line.split()
                for each in rooms.get(int(room), ()):
                    each.write(b'event: changed\ndata: {"c": [%b]}\n\n' % at)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        if b"token=" in path:
            members = rooms.setdefault(int(path.rpartition(b"=")[2]), set())
            members.add(writer)
            await reader.read()
            members.discard(writer)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port, backlog=1024) as server:
        await server.serve_forever()


if __name__ == "__main__":
    main()

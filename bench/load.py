"""Sends requests over kept connections as fast as they are answered; a process of its own, light on the CPU.

`python -m bench.load PORT CONNECTIONS SECONDS` reads the requests from standard input (marshal, a list of bytes),
uses them in turn, and prints one JSON object: answers a second, refusals, and the times in seconds. It understands
of an answer only its first line and its last bytes: enough to count, and little enough to leave the machine to
what is measured.
"""

import gc
import json
import marshal
import select
import socket
import sys
import time
from collections.abc import Iterator
from itertools import cycle

ANSWERED = b'{"ok":true}'
WARM_UP = 0.5


def main() -> None:
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    requests = cycle(marshal.load(sys.stdin.buffer))
    gc.disable()
    lines = {line.fileno(): line for line in (_connect(port) for _ in range(connections))}
    _run(lines, requests, WARM_UP)
    times, refused, took = _run(lines, requests, seconds)
    print(json.dumps({"rate": len(times) / took, "refused": refused, "times": times}))


def _connect(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def _run(
    lines: dict[int, socket.socket], requests: Iterator[bytes], seconds: float
) -> tuple[list[float], int, float]:
    """Until the time is up, then waits for the answers that are due: (times, refusals, seconds it took)."""
    poll = select.epoll()
    clock = time.perf_counter
    begin = clock()
    sent = {}
    for number, line in lines.items():
        poll.register(number, select.EPOLLIN)
        sent[number] = clock()
        line.send(next(requests))
    times: list[float] = []
    refused = 0
    until = begin + seconds
    while sent:
        for number, _ in poll.poll(10):
            said = lines[number].recv(4096)
            if not said:
                raise ConnectionError("the server hung up")
            # The head of an answer may come in a packet of its own; its body ends either way.
            if said[-1:] != b"}":
                continue
            now = clock()
            if said.endswith(ANSWERED):
                times.append(now - sent[number])
            else:
                refused += 1
            if now < until:
                sent[number] = now
                lines[number].send(next(requests))
            else:
                del sent[number]
    return times, refused, clock() - begin


if __name__ == "__main__":
    main()

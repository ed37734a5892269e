"""Going where strangers name: only to public addresses, so that nobody reaches our own network through us.

Files are fetched, pushes and webhooks sent through it.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
USUAL = {"https": 443, "http": 80}
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
MOST_REDIRECTS = 5
MOST_CONNECTIONS, MOST_KEPT, KEPT_SECONDS = 100, 20, 5.0

_until: ContextVar[float | None] = ContextVar("until", default=None)


class NotPublic(Exception):
    """An address that is not one of the open internet, or not https there; nothing was sent to it."""


class NotFound(httpcore.ConnectError):
    """A name that has no address."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give all that this thread says and hears in here so long in sum; beyond it, httpx.TimeoutException is raised.

    The limits of httpx are for one reading each, so that a trickle would never end.
    """
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    until = _until.get()
    if until is None:
        return timeout
    left = until - time.monotonic()
    if left <= 0:
        raise late("no time left")
    return left if timeout is None else min(left, timeout)


def is_public(address: str) -> bool:
    """Whether an IP address, and any that hides within it, is one of the open internet."""
    plain = address.partition("%")[0]  # without the interface
    return all(ip.is_global and not ip.is_multicast for ip in _hidden(ipaddress.ip_address(plain)))


def _hidden(ip: IP) -> Iterator[IP]:
    """The address that packets to `ip` end at: IPv6 has several ways of carrying one of IPv4."""
    if not isinstance(ip, ipaddress.IPv6Address):
        yield ip
    elif ip.ipv4_mapped or ip.sixtofour:
        yield from filter(None, (ip.ipv4_mapped, ip.sixtofour))
    elif ip.teredo:
        yield from ip.teredo
    elif ip in NAT64:
        yield ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    else:
        yield ip


def origin(url: httpx.URL) -> str:
    """Host and port as they are written: without the port where it is the scheme's own."""
    host = url.host.lower()
    return host if url.port in {None, USUAL.get(url.scheme)} else f"{host}:{url.port}"


def origin_of(address: str) -> str:
    """The same of an address as text; empty when it is none."""
    try:
        return origin(httpx.URL(address))
    except httpx.InvalidURL:
        return ""


class Network:
    """Connections to the outside: to public addresses, and apart from them to trusted hosts."""

    def __init__(self, *, context: ssl.SSLContext | None = None) -> None:
        context = context or httpx.create_ssl_context()
        self._public = _Transport(context, _PublicNetwork())
        self._trusted = _Transport(context, _AnyNetwork())

    def client(self, trusted: Collection[str] = ()) -> httpx.Client:
        """A client that may also go to the hosts `trusted` (see `origin`), wherever they are.

        It knows no proxy: one would look up names for us, and connect to whatever they are.
        """
        return httpx.Client(
            transport=Guard(self._public, self._trusted, trusted),
            timeout=TIMEOUT,
            follow_redirects=True,
            max_redirects=MOST_REDIRECTS,
            trust_env=False,
            headers={"User-Agent": "bandeja", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Hang up."""
        self._public.close()
        self._trusted.close()


class Guard(httpx.BaseTransport):
    """Lets https through to public addresses, and anything to the trusted hosts; refuses the rest with NotPublic.

    It holds for each redirect, and for the address that the connection is really made to: between looking a name
    up and connecting, its answer cannot change.
    """

    def __init__(
        self, public: httpx.BaseTransport, plain: httpx.BaseTransport, trusted: Collection[str] = ()
    ) -> None:
        self._public, self._plain, self._trusted = public, plain, trusted

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if origin(request.url) in self._trusted:
            return self._plain.handle_request(request)
        if request.url.scheme != "https":
            raise NotPublic
        return self._public.handle_request(request)


class _Transport(httpx.HTTPTransport):
    """httpx takes no network of one's own, but it keeps its pool in one place."""

    def __init__(self, context: ssl.SSLContext, network: httpcore.NetworkBackend) -> None:
        super().__init__(verify=context)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            network_backend=network,
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_KEPT,
            keepalive_expiry=KEPT_SECONDS,
        )


class _Timed(httpcore.NetworkStream):
    """A connection that keeps to `within`."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _AnyNetwork(httpcore.SyncBackend):
    """Connects to wherever it is told."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Timed(super().connect_tcp(host, port, left, local_address, socket_options))


class _PublicNetwork(_AnyNetwork):
    """Looks a name up once, refuses it when any of its addresses is not public, and connects to one of those."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in _public_addresses(host, port, _left(timeout, httpcore.ConnectTimeout)):
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise NotPublic


def _public_addresses(host: str, port: int, timeout: float | None) -> list[str]:
    addresses = _looked_up(host, port, timeout)
    if not all(map(is_public, addresses)):
        raise NotPublic
    return addresses


def _looked_up(host: str, port: int, timeout: float | None) -> list[str]:
    """The addresses of a name. The system's look-up knows no limit, so a thread waits for it in our place."""
    answers: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, daemon=True, name=f"look up {host}").start()
    try:
        found = answers.get(timeout=timeout)
    except queue.Empty:
        raise httpcore.ConnectTimeout(f"{host} was not looked up in time") from None
    if isinstance(found, Exception):
        raise NotFound(f"{host} could not be looked up: {found}") from found
    return list(dict.fromkeys(str(each[4][0]) for each in found))

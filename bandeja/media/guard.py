"""Fetching what strangers name: only from public addresses, so that nobody reaches our own network through us."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import httpcore
import httpx

from bandeja.channels.fetching import PRIVATE, Trouble

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
USUAL = {"https": 443, "http": 80}
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
MOST_REDIRECTS = 5


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
    """The process's connections for fetching files: to public addresses, and apart from them to trusted hosts."""

    def __init__(self, *, context: ssl.SSLContext | None = None) -> None:
        context = context or httpx.create_ssl_context()
        self._public = _PublicTransport(context)
        self._trusted = httpx.HTTPTransport(verify=context)

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
    """Lets https through to public addresses, and anything to the trusted hosts; refuses the rest with Trouble.

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
            raise Trouble(PRIVATE, most=1)
        return self._public.handle_request(request)


class _PublicTransport(httpx.HTTPTransport):
    """httpx takes no network of one's own, but it keeps its pool in one place."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(verify=context)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_PublicNetwork())


class _PublicNetwork(httpcore.SyncBackend):
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
        for address in _public_addresses(host, port):
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise Trouble(PRIVATE, most=1)


def _public_addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not all(map(is_public, addresses)):
        raise Trouble(PRIVATE, most=1)
    return addresses

"""Only public addresses are reached, however they are written, looked up or led to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bandeja import guard
from bandeja.guard import Network, NotPublic, is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1"),
        *("::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)
def test_addresses_of_our_own_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "157.240.1.1", "2a03:2880:f003::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://0177.0.0.1/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://localhost/", "https://LOCALHOST./",
        "http://8.8.8.8/", "http://example.com/", "https://169.254.169.254/latest/meta-data/",
    ],
)  # fmt: skip
def test_whatever_leads_to_us_is_refused(url: str) -> None:
    network = Network()
    with network.client() as client, pytest.raises((NotPublic, httpx.ConnectError, httpx.InvalidURL)):
        client.get(url)
    network.close()


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name has these addresses; answers what was looked up."""
    asked: list[str] = []

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr("bandeja.guard.socket.getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("addresses", [("10.0.0.1",), ("8.8.8.8", "10.0.0.1"), ("8.8.8.8", "::1")])
def test_a_name_with_any_address_of_our_own_is_refused(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    answers(monkeypatch, *addresses)
    network = Network()
    with network.client() as client, pytest.raises(NotPublic):
        client.get("https://files.example.com/x")
    network.close()


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext, list[str]]]:
    """files.example.com on this machine: its port, who believes its certificate, and the hosts it was asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "files.example.com")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("files.example.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    certificate = dated.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem = tmp_path / "server.pem"
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    pem.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Host"])
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's word
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(pem)
    server.socket = ours.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server.server_address[1], ssl.create_default_context(cafile=str(pem)), asked
    server.shutdown()
    server.server_close()


def test_the_address_that_was_checked_is_the_one_that_is_reached(
    monkeypatch: pytest.MonkeyPatch, encrypted: tuple[int, ssl.SSLContext, list[str]]
) -> None:
    """One look-up: a name that answers otherwise the second time gains nothing. The certificate is the name's."""
    port, context, hosts = encrypted
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1")
    asked = answers(monkeypatch, "127.0.0.1")
    network = Network(context=context)
    with network.client() as client:
        assert client.get(f"https://files.example.com:{port}/x").text == "ok"
    network.close()
    assert asked == ["files.example.com", "127.0.0.1"]  # the second is no name any more
    assert hosts == [f"files.example.com:{port}"]


def test_a_certificate_of_another_name_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, encrypted: tuple[int, ssl.SSLContext, list[str]]
) -> None:
    port, context, _ = encrypted
    monkeypatch.setattr(guard, "is_public", lambda _: True)
    answers(monkeypatch, "127.0.0.1")
    network = Network(context=context)
    with network.client() as client, pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
        client.get(f"https://other.example.com:{port}/x")
    network.close()


def test_no_proxy_looks_names_up_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    network = Network()
    with network.client() as client, pytest.raises(NotPublic):
        client.get("https://127.0.0.1/")
    network.close()

"""What `bandeja up` says once everything answers: the address and the first administrator's link."""

import http.client
import shutil
import socket
import sys
import threading
import time

from bandeja import environment
from bandeja.cli.family import CannotStartError, Family, command

PATIENCE = 60.0  # seconds for the web process to answer

READY = """
Bandeja está lista · Bandeja is ready

  {url}
"""
FIRST_LINK = """
Primer acceso, enlace de un solo uso · First sign-in, one-time link

  {link}
"""
FOOT = """
Datos de prueba · Sample data:  {command} demo
Para detener · To stop:         Ctrl+C
"""


def refuse_a_taken_port() -> None:
    """Raises CannotStartError while another program listens where the web process would."""
    host, port = environment.HOST.value(), environment.PORT.value()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStartError(
                f"Cannot listen on {host} port {port}: {error.strerror}. Choose another with BANDEJA_PORT."
            ) from error


def greet(family: Family, stop: threading.Event) -> None:
    """Waits until the web process answers, then prints the address and, until it is used, the first link."""
    link = family.run_once(command("admin", "link", "--quiet"))
    _await_answer(family, stop)
    if stop.is_set():
        return
    said = READY.format(url=environment.public_url().geturl())
    if link:
        said += FIRST_LINK.format(link=link)
    print(said + FOOT.format(command="bandeja" if shutil.which("bandeja") else "bin/run"), flush=True)


def _await_answer(family: Family, stop: threading.Event) -> None:
    until = time.monotonic() + PATIENCE
    while not _answers() and not stop.wait(0.05):
        dead = [child.name for child in family.children if child.is_vital and child.has_ended()]
        if dead or time.monotonic() > until:
            raise CannotStartError(f"The {' and the '.join(dead) or 'web'} process would not start; see above.")


def _answers() -> bool:
    host = environment.HOST.value()
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared with, not bound to
    connection = http.client.HTTPConnection(reached, environment.PORT.value(), timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def complain(error: Exception) -> int:
    """Tells the operator why nothing runs; answers the exit status."""
    print(f"bandeja: {error}", file=sys.stderr, flush=True)
    return 1

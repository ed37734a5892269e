"""Runs the web process: pages, door and streams, on BANDEJA_HOST and BANDEJA_PORT."""

import argparse

from bandeja import environment
from bandeja.cli import start

GRACE = 4  # seconds for requests under way; open streams are cut, and their pages come back by themselves


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose here: the settings say it all."""
    del parser


def run(chosen: argparse.Namespace) -> int:
    """Serves until told to stop."""
    del chosen
    import uvicorn

    from bandeja.onewrite import OneWrite

    start.django()
    proxies = environment.TRUSTED_PROXIES.value()
    uvicorn.run(
        "bandeja.asgi:application",
        host=environment.HOST.value(),
        port=environment.PORT.value(),
        loop="uvloop",
        http=OneWrite,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        timeout_graceful_shutdown=GRACE,
    )
    return 0

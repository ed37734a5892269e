"""How a command that asks the API over the network is told where and with what, and how it ends."""

import argparse
import sys
from collections.abc import Callable
from typing import TextIO

import httpx

from bandeja import environment
from bandeja.client import Client, Refused


class Unclear(Exception):
    """What was typed names nothing, or not enough: told in a sentence."""


Act = Callable[[Client, argparse.Namespace], None]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where, and with which token."""
    parser.add_argument("--url", help="where Bandeja is; without it BANDEJA_URL, else this machine's own")
    parser.add_argument("--token", help="an API token; without it the variable BANDEJA_TOKEN")


def say(text: object, *, file: TextIO | None = None) -> None:
    """Print what others wrote: a terminal obeys what cannot be seen, so that is shown as a sign instead."""
    print("".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in str(text)), file=file)


def run(chosen: argparse.Namespace) -> int:
    """Does what was chosen; answers 1 with a sentence when it was refused or unclear, 2 without a token."""
    token = (chosen.token or environment.TOKEN.value()).strip()
    # What no header can carry is told here, without the token: it is a secret, and an error would print it.
    if not token.isascii() or not token.isprintable() or " " in token:
        token = ""
    if not token:
        print("bandeja: give a token with --token or BANDEJA_TOKEN (Settings › API tokens).", file=sys.stderr)
        return 2
    url = chosen.url or environment.public_url().geturl()
    try:
        with Client(url, token) as client:
            chosen.act(client, chosen)
    except (Refused, Unclear) as refused:
        say(f"bandeja: {refused}", file=sys.stderr)
        return 1
    except (httpx.TransportError, httpx.InvalidURL) as error:
        print(f"bandeja: {url} does not answer: {error}", file=sys.stderr)
        return 1
    return 0

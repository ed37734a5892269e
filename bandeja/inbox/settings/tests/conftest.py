"""The Graph for tests, as in channels."""

from bandeja.channels.conftest import meta

__all__ = ["meta"]

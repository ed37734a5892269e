"""Every kind there is: importing these folders enters them in the registry."""

from __future__ import annotations

from bandeja.flows import actions, decisions, sendings, starts, waits

__all__ = ["actions", "decisions", "sendings", "starts", "waits"]

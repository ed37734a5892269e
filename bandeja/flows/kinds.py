"""Every kind there is: importing these folders enters them in the registry."""

from __future__ import annotations

from bandeja.flows import actions, calls, decisions, sendings, starts, waits

__all__ = ["actions", "calls", "decisions", "sendings", "starts", "waits"]

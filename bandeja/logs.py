"""How log lines look: one JSON object a line, or text for a person."""

import re
from typing import Any

import structlog

ONE_TIME_LINK = re.compile(r"(/welcome/[^/\s]+/)[^/\s'\"?>]+")


def _without_links(logger: object, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Django tells the address of what it refuses; whoever reads the log must not come in by it."""
    for key in event.keys() & {"event", "request"}:
        event[key] = ONE_TIME_LINK.sub(r"\1…", str(event[key]))
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    _without_links,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_settings(form: str) -> dict[str, Any]:
    """Python's logging configuration; `form` is json or text. Lines go to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _without_colours,
                    *_renderers(form),
                ],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # httpx tells of every request at INFO: addresses of other people's systems, once per delivery.
            "httpx": {"level": "WARNING"},
            "uvicorn.access": {"level": "WARNING"},
        },
    }


def _without_colours(logger: object, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Uvicorn says everything twice, the second time with colours."""
    event.pop("color_message", None)
    return event


def _renderers(form: str) -> list[Any]:
    if form == "text":
        return [structlog.dev.ConsoleRenderer(colors=False)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]

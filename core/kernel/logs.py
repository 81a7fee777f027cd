"""Structured logs without personal data."""

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_SECRET = re.compile(r"password|secret|token|cookie|authorization", re.IGNORECASE)
_PHONE = re.compile(r"\+?\d{9,15}(?!\d)")
_PERSONAL = frozenset({"phone", "number", "caller", "name", "email", "address", "birth_date"})
_CHATTY = ("alembic", "uvicorn")
_OURS = frozenset({"timestamp", "level", "event", "logger"})


def configure(*, as_json: bool, level: str = "INFO") -> None:
    """Set up structlog and the standard library's logging to write one line an event to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # before the scrubbing: a trace quotes the values that broke something
        scrub,
    ]
    renderer: Any = structlog.processors.JSONRenderer() if as_json else _plain()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _plain() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def scrub(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Blank secrets and personal fields, and mask whatever looks like a telephone number in a text."""
    for key, value in entry.items():
        if key in _OURS - {"event"}:
            continue
        if _SECRET.search(key) or key in _PERSONAL:
            entry[key] = "[hidden]"
        elif isinstance(value, str):
            entry[key] = _PHONE.sub(lambda found: "•" * (len(found[0]) - 4) + found[0][-4:], value)
    return entry

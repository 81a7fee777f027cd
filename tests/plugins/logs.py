"""What a test logged is read when it fails: in plain lines. The library's own way with a fault, every frame in colours
with all its values, takes longer than most tests."""

import pytest
import structlog


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Faults are written as Python itself writes them."""
    *before, _renderer = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, plain])

"""What the log says when something breaks on personal data."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from core.kernel import logs
from core.kernel.db import Database

PHONE = "+79000000042"


@pytest.fixture(params=[True, False], ids=["json", "plain"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What the configured log writes."""
    root, wrote = logging.getLogger(), structlog.get_config()
    before, level = root.handlers[:], root.level
    logs.configure(as_json=request.param)
    text = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(text)
    yield text
    root.handlers = before
    root.setLevel(level)
    structlog.configure(**wrote)


def _break() -> None:
    raise RuntimeError(f"nobody answers at {PHONE}")


def test_traces_have_no_numbers(written: io.StringIO) -> None:
    try:
        _break()
    except RuntimeError as error:
        structlog.get_logger("ours").error("request failed", exc_info=error)
        logging.getLogger("theirs").exception("could not reach %s", PHONE)
    said = written.getvalue()
    assert said.count("RuntimeError: nobody answers") == 2
    assert "_break" in said
    assert PHONE not in said
    assert PHONE.lstrip("+") not in said


def test_secrets_and_names_are_hidden(written: io.StringIO) -> None:
    structlog.get_logger("ours").info("in", password="hunter2", api_token="cct_1", name="Jane Doe")
    said = written.getvalue()
    assert not any(word in said for word in ("hunter2", "cct_1", "Jane Doe"))


@pytest.mark.parametrize("url", ["sqlite+aiosqlite:///x.db", "postgresql+asyncpg://u@localhost/x"])
async def test_faults_of_the_database_do_not_quote_the_values(url: str) -> None:
    database = Database(url)
    assert database.writer_engine.sync_engine.hide_parameters
    await database.close()

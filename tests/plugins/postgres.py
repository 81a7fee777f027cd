"""A private PostgreSQL for the test session: own folder, own port, ended with the session."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.memory import roomy

_MISSING = "PostgreSQL is missing: run 'apt-get install postgresql'"


def _bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        pytest.fail(_MISSING)
    return Path(on_path).parent


def _run_as() -> int | None:
    """PostgreSQL refuses to run as root: then it runs as Debian's user for it."""
    return pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """``postgresql+asyncpg://…`` of an empty server, without a database name."""
    tools, user, port = _bin(), _run_as(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="cc-pg-", dir=roomy()))
    if user is not None:
        os.chown(folder, user, -1)
    data = folder / "data"

    def call(tool: str, *arguments: str | Path) -> None:
        subprocess.run(
            [tools / tool, "-D", data, *arguments], user=user, check=True, stdout=subprocess.DEVNULL, cwd=folder
        )

    call("initdb", "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    flags = f"-p {port} -k '{folder}' -h 127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=300"
    call("pg_ctl", "-o", flags, "-l", folder / "log", "-w", "start")
    try:
        yield f"postgresql+asyncpg://test@127.0.0.1:{port}"
    finally:
        call("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

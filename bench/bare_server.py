"""A bare server for references: the websockets of an application, fed by a manager's port, and nothing else."""

import asyncio
import socket
from typing import Any, Protocol

import uvicorn


class Bare(Protocol):
    """What a reference does with its websockets and with the manager's bytes."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None: ...

    async def run(self, port: int) -> None:
        """Read from the manager's port until it closes."""


async def serve(bare: Bare, manager: int) -> None:
    """Print the port where websockets are taken, and serve them with the product's settings."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            bare,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            log_config=None,
            access_log=False,
            lifespan="off",
        )
        print(listener.getsockname()[1], flush=True)
        async with asyncio.TaskGroup() as group:
            group.create_task(bare.run(manager))
            group.create_task(uvicorn.Server(config).serve(sockets=[listener]))

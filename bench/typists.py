"""Collectors who write as fast as they are answered, in a process of their own, over plain HTTP/1.1.

``python -m bench.typists HOST PORT SECONDS``: one JSON line on standard input, ``[[cookie, case, call], …]``, a
collector each with a connection of his own. Prints a JSON object from the kind of write to the milliseconds of each
that was acknowledged, and under ``refused`` how many were not.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_CODES = ("RPC-HANGUP", "TPC", "LANG")
#: A collector's answer to each of these is nothing (204), or where the case is (303).
_DONE = frozenset({b"204", b"303"})


@dataclass
class Spent:
    """Milliseconds by kind of write."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {"note": [], "result": [], "state": []})
    refused: int = 0


def writes(case_id: int, call_id: int) -> Iterator[tuple[str, str, dict[str, object]]]:
    """What one collector writes, without an end: kind, path, fields. Two notes, a result, another state."""
    for n in count():
        yield "note", f"/cases/{case_id}/notes", {"text": f"Spoke of the debt, part {n}."}
        yield "note", f"/cases/{case_id}/notes", {"text": f"Asked for time, part {n}."}
        yield "result", f"/calls/{call_id}/result", {"code": _CODES[n % len(_CODES)], "case_id": case_id}
        pause = {"state": "pause", "reason": "lunch"} if n % 2 else {"state": "available"}
        yield "state", "/me/state", dict(pause)


def request(host: str, cookie: str, path: str, fields: dict[str, object]) -> bytes:
    """A page's own script asking."""
    body = json.dumps(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nSec-Fetch-Site: same-origin\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answered(reader: asyncio.StreamReader) -> bytes:
    """The status of the next answer, read to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    if found := _LENGTH.search(head):
        await reader.readexactly(int(found[1]))
    return head[9:12]


async def _collector(address: tuple[str, int], own: tuple[str, int, int], until: float, spent: Spent) -> None:
    cookie, case_id, call_id = own
    reader, writer = await asyncio.open_connection(*address)
    try:
        for kind, path, fields in writes(case_id, call_id):
            began = time.monotonic()
            if began >= until:
                return
            writer.write(request(f"{address[0]}:{address[1]}", cookie, path, fields))
            status = await _answered(reader)
            if status in _DONE:
                spent.waits[kind].append((time.monotonic() - began) * 1000)
            else:
                spent.refused += 1
    finally:
        writer.close()


async def main(host: str, port: int, seconds: float) -> None:
    wanted: list[tuple[str, int, int]] = json.loads(await asyncio.to_thread(sys.stdin.readline))
    spent, until = Spent(), time.monotonic() + seconds
    await asyncio.gather(*(_collector((host, port), own, until, spent) for own in wanted))
    print(json.dumps({**spent.waits, "refused": spent.refused}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))

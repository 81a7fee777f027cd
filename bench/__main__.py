"""``make bench``: runs every ``bench_*.py`` beside this file and prints its figures as a table.

``python -m bench fold import`` runs only the scenarios whose names contain a word given; with ``--small`` all sizes are
a fraction, to see in a minute that everything runs; ``--days 1000`` is for the scenario of simulated days. A scenario
is a module with ``async def run(*, small: bool) -> list[Figure]``.
"""

import argparse
import asyncio
import importlib
import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

from bench.figure import Figure
from callcenter.app import collector


def scenarios(words: Iterable[str]) -> list[str]:
    """Names of the scenario modules that match any of ``words``, or all."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    wanted = list(words)
    return [name for name in names if not wanted or any(word in name for word in wanted)]


def line(figure: Figure) -> str:
    """One row of the table."""
    beside = f"{figure.reference:,.3f} {figure.reference_name}" if figure.reference is not None else ""
    ratio = f"{figure.ratio:.2f}x" if figure.ratio is not None else ""
    return f"{figure.name:<58} {figure.value:>14,.3f} {figure.unit:<10} {ratio:>8}  {beside:<44} {figure.aim}"


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--days", type=int, help="simulated days, for scenarios that have them")
    options = parser.parse_args(words)
    days = {} if options.days is None else {"days": options.days}
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    print(f"{'figure':<58} {'value':>14} {'unit':<10} {'ratio':>8}  {'bare reference, same run':<44} aim")
    failed = 0
    collector.begin()  # the figures are those of the server
    for name in scenarios(options.words):
        try:
            figures = asyncio.run(importlib.import_module(f"bench.{name}").run(small=options.small, **days))
        except Exception as error:  # noqa: BLE001 - the other scenarios still have something to say
            print(f"{name} failed: {type(error).__name__}: {error}", file=sys.stderr)
            failed += 1
            continue
        for figure in figures:
            print(line(figure), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

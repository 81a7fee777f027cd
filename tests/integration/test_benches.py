"""Scenarios of ``make bench`` run at a fraction of their size: what they fill and ask for is the product's own."""

from importlib import import_module

import pytest

from bench.__main__ import line, scenarios

#: They bring up a server, a browser or an exchange for a minute; what they fill is filled by others too.
_LONG = {"bench_amd", "bench_board", "bench_dialler", "bench_floor", "bench_pop"}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in scenarios(()) if name not in _LONG])
async def test_a_scenario_has_figures(name: str) -> None:
    figures = await import_module(f"bench.{name}").run(small=True)
    assert figures
    for figure in figures:
        assert figure.name in line(figure)

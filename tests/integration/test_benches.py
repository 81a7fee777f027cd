"""Every scenario of ``make bench`` runs at a fraction of its size: what it fills and asks for is the product's own."""

from importlib import import_module

import pytest

from bench.__main__ import line, scenarios

#: What a scenario needs beside the product.
_PARTS = {
    "bench_amd": (pytest.mark.asterisk,),
    "bench_pop": (pytest.mark.browser,),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(name, marks=_PARTS.get(name, ())) for name in scenarios(())])
async def test_a_scenario_has_figures(name: str) -> None:
    figures = await import_module(f"bench.{name}").run(small=True)
    assert figures
    for figure in figures:
        assert figure.name in line(figure)

"""Texts are found whatever the case of their letters, in every alphabet, on both databases."""

import pytest
from sqlalchemy import literal, select

from core.kernel.uow import UnitOfWork


@pytest.mark.parametrize(
    ("text", "piece"), [("Основная очередь", "основн"), ("Черга ЄДРПОУ", "єдрпоу"), ("Łódź", "łó"), ("Main", "MAIN")]
)
async def test_a_piece_in_the_other_case_is_found(uow: UnitOfWork, text: str, piece: str) -> None:
    async with uow.read() as session:
        assert await session.scalar(select(literal(text).icontains(piece, autoescape=True)))
        assert not await session.scalar(select(literal(text).icontains("щ", autoescape=True)))

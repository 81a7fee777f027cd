"""The file back: the workbook as it came, with what happened to each row and why."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import xlsxwriter
from sqlalchemy import select

from core.importing.model import ImportBatch, ImportRow, Outcome
from core.importing.reading import Fault
from core.importing.rights import REGISTRIES, Door
from core.importing.targets import Target
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.i18n import Translator, msg
from core.kernel.uow import UnitOfWork

_PAGE = 2000
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
OUTCOME_WORDS = {
    Outcome.NEW: msg("New"),
    Outcome.UPDATE: msg("Changed"),
    Outcome.KNOWN: msg("Known"),
    Outcome.SKIP: msg("Unchanged"),
    Outcome.ERROR: msg("Error"),
}
_faults = msgspec.json.Decoder(list[Fault])
_cells = msgspec.json.Decoder(list[str])


async def write_report(
    uow: UnitOfWork,
    actor: Actor,
    batch_id: int,
    target: Path,
    words: Translator,
    *,
    targets: Mapping[str, Target],
    errors_only: bool,
    door: Door = REGISTRIES,
) -> None:
    """Write the rows of a batch to ``target`` with the columns Outcome and Error before the sender's own.

    ``targets`` name the fields. Texts are written as texts: what looks like a formula stays what it looks like.
    Raises ``NotFound``.
    """
    actor.require(door.right)
    async with uow.read() as session:
        batch = await session.get(ImportBatch, batch_id)
    if batch is None or batch.kind != door.kind:
        raise NotFound()
    book = xlsxwriter.Workbook(target, _OPTIONS)
    try:
        sheet = book.add_worksheet()
        titles = [words.render(msg("Row")), words.render(msg("Outcome")), words.render(msg("Error"))]
        titles += [words.gettext(title) if batch.fixed else title for title in batch.headings]
        _write(sheet, 0, titles)
        line, last = 1, 0
        while rows := await _page(uow, batch_id, last, errors_only=errors_only):
            for row in rows:
                faults = "; ".join(_told(one, words, targets) for one in _faults.decode(row.faults))
                outcome = words.render(OUTCOME_WORDS[Outcome(row.outcome)])
                _write(sheet, line, [str(row.n), outcome, faults, *_cells.decode(row.cells)])
                line, last = line + 1, row.n
    finally:
        book.close()


def _told(fault: Fault, words: Translator, targets: Mapping[str, Target]) -> str:
    field = words.render(targets[fault.field].label) if fault.field in targets else fault.field
    return f"{field}: {words.render(fault.message)}" if field else words.render(fault.message)


def _write(sheet: xlsxwriter.worksheet.Worksheet, line: int, cells: Sequence[str]) -> None:
    for column, value in enumerate(cells):
        sheet.write_string(line, column, value)


async def _page(uow: UnitOfWork, batch_id: int, after: int, *, errors_only: bool) -> Sequence[ImportRow]:
    statement = select(ImportRow).where(ImportRow.batch_id == batch_id, ImportRow.n > after)
    if errors_only:
        statement = statement.where(ImportRow.outcome == Outcome.ERROR)
    async with uow.read() as session:
        return (await session.scalars(statement.order_by(ImportRow.n).limit(_PAGE))).all()

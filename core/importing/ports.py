"""What a kind of import brings along; receiving, dry run, applying and the file back are the same for all of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.importing.model import ImportBatch, Outcome
from core.importing.reader import Line
from core.importing.reading import Fault, Reading
from core.importing.rights import Door
from core.importing.targets import Target
from core.kernel.errors import DomainError
from core.kernel.uow import Work

#: Field → what it was and what it becomes, as texts.
Diff = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a row means for what is already there. ``data`` (JSON) replaces what the row says, for the writer."""

    outcome: Outcome
    faults: tuple[Fault, ...] = ()
    data: bytes | None = None
    diff: Diff = field(default_factory=dict)


class Judge(Protocol):
    """A batch in its dry run. ``reading`` is how the workbook's cells are to be read."""

    @property
    def reading(self) -> Reading: ...

    async def verdicts(self, session: AsyncSession, lines: Sequence[Line]) -> Sequence[Verdict]:
        """What faultless lines mean, in their order. Must not depend on how a file is cut into pieces."""
        ...


class Writer(Protocol):
    """A batch being applied."""

    async def write(self, work: Work, rows: Sequence[str], at: datetime) -> Mapping[int, int]:
        """Write rows (the JSON of what they say) in the transaction of ``work``; row number → id of what it became.

        What has become superfluous since the dry run is passed over. Rows that the database refuses
        (``IntegrityError``, ``DataError``) are tried again one by one, and the refused one is given up.
        """
        ...


class ImportKind(Protocol):
    """A kind of file: what its columns mean, how a row is judged and what it becomes.

    ``door`` is its name (at most 12 characters; it stands on its batches) and who may bring it in. ``row_reader`` names
    a :data:`~core.importing.reading.RowReader` and ``opener`` ("": only workbooks) an
    :data:`~core.importing.reader.Opener` as ``module:function``: the reading process imports them.
    """

    @property
    def door(self) -> Door: ...

    @property
    def opener(self) -> str: ...

    @property
    def fewest(self) -> int:
        """So many rows are written together at least: a transaction of the kind costs something by itself."""
        ...

    @property
    def targets(self) -> Mapping[str, Target]: ...

    @property
    def row_reader(self) -> str: ...

    def lacking(self, filled: Collection[str]) -> Sequence[str]:
        """The targets without which nothing can be imported and that no column fills."""
        ...

    def twice(self, first: int) -> Fault:
        """The fault of a row that repeats the number and claim of row ``first``."""
        ...

    def refused(self) -> Fault:
        """The fault of a row that the database did not take."""
        ...

    def inspect(self, path: Path) -> None:
        """Look at a file before anything reads it. Raises what :func:`core.importing.workbook.inspect` does."""
        ...

    def unreadable(self, reason: Fault) -> DomainError:
        """What to answer when the opener has said why it refuses a file."""
        ...

    async def saved_mapping(self, session: AsyncSession, batch: ImportBatch) -> Mapping[str, str]:
        """How the columns of such files were mapped before. Raises ``NotFound`` when what the batch names is not
        there."""
        ...

    async def save_mapping(self, work: Work, batch: ImportBatch, mapping: Mapping[str, str]) -> None:
        """Remember how columns were mapped, beside what is remembered of other headings."""
        ...

    async def judge(self, session: AsyncSession, batch: ImportBatch) -> Judge:
        """Prepare a dry run."""
        ...

    async def begin(self, work: Work, batch: ImportBatch, at: datetime) -> None:
        """Write what must be there before the first row is; repeated when a stopped batch goes on."""
        ...

    async def writer(self, session: AsyncSession, batch: ImportBatch) -> Writer:
        """Prepare applying, which has begun."""
        ...

"""What a column of a workbook can mean."""

from dataclasses import dataclass

from core.kernel.i18n import Message


@dataclass(frozen=True, slots=True)
class Target:
    """A meaning of a column. ``many`` columns may share it; ``words`` are headings, folded and without punctuation."""

    key: str
    label: Message
    words: tuple[str, ...]
    required: bool = False
    many: bool = False

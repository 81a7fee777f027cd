"""Which format a file is in, and reading it whatever it is: one statement, or an archive of several."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from core.kernel.i18n import Message, msg
from core.payments.statements import camt053, client_bank, mt940, text
from core.payments.statements.lines import Item, NotAStatement, StatementTooLarge, remark

MOST_BYTES = 100_000_000
MOST_UNPACKED = 300_000_000
MOST_MEMBERS = 200
MOST_ITEMS = 500_000
#: Macintosh and Windows leave such files in archives; nobody put them there on purpose.
_LITTER = re.compile(r"(^|/)(__MACOSX/|\.|Thumbs\.db|desktop\.ini)", re.IGNORECASE)
_HEAD = 4000


class Format(StrEnum):
    """What ``--format`` calls them. ``TABLE`` is a workbook or comma-separated values, whose columns are mapped."""

    ONE_C = "1c"
    MT940 = "mt940"
    CAMT053 = "camt053"
    TABLE = "xlsx"


Reader = Callable[[bytes], Iterator[Item]]
READERS: dict[Format, Reader] = {
    Format.ONE_C: client_bank.read,
    Format.MT940: mt940.read,
    Format.CAMT053: camt053.read,
}


def detect(data: bytes) -> Format:
    """The format of a file by its content; of an archive, that of the first file in it that has one.

    Raises ``NotAStatement``.
    """
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archived(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return Format.TABLE
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise NotAStatement(reason=msg("it is empty."))
    return _of_text(text.decode(data[:_HEAD]))


def _of_text(head: str) -> Format:
    start = head.lstrip()
    if client_bank.MARK.casefold() in start[:200].casefold():
        return Format.ONE_C
    if start.startswith("<"):
        if re.search(r"camt\.05[24]|<(\w+:)?(BkToCstmrAcctRpt|BkToCstmrDbtCdtNtfctn)\b", start):
            raise NotAStatement(reason=msg("it is an intraday report or a notification, not a statement (CAMT.053)."))
        return Format.CAMT053
    if re.search(r"^:20:", head, re.MULTILINE) or start.startswith("{1:"):
        return Format.MT940
    if "\x00" in head or _unprintable(head):
        raise NotAStatement(reason=msg("it is not text."))
    if re.search(r"[;,\t|]", head):
        return Format.TABLE
    raise NotAStatement(reason=msg("its format is unknown."))


def _unprintable(head: str) -> bool:
    strange = sum((character < " " and character not in "\t\r\n\f") or character == "\ufffd" for character in head)
    return strange * 20 > len(head)


def _archived(data: bytes) -> Format:
    with _opened(data) as archive:
        names = archive.namelist()
    if any(name.startswith("xl/") for name in names):
        return Format.TABLE
    failed = NotAStatement(reason=msg("its format is unknown."))
    for _, content in members(data):
        try:
            return detect(content)
        except NotAStatement as error:
            failed = error
    raise failed


def members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, content) of the files in an archive, in the order of their names; a file that is none by itself.

    Raises ``NotAStatement`` for a broken or locked archive and ``StatementTooLarge`` before unpacking too much.
    """
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield "", data
        return
    with _opened(data) as archive:
        entries = [one for one in archive.infolist() if not one.is_dir() and not _LITTER.search(one.filename)]
        if len(entries) > MOST_MEMBERS or sum(one.file_size for one in entries) > MOST_UNPACKED:
            raise StatementTooLarge()
        if not entries:
            raise NotAStatement(reason=msg("the archive is empty."))
        left = MOST_UNPACKED
        for entry in sorted(entries, key=lambda one: one.filename):
            content = _unpacked(archive, entry, left)
            left -= len(content)
            if content.startswith(b"PK\x03\x04"):
                raise NotAStatement(reason=msg("there is an archive within the archive."))
            yield entry.filename, content


def _opened(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise NotAStatement(reason=msg("the archive is broken.")) from error


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """The content of an entry, never more than ``most`` bytes whatever the archive says of its size."""
    if entry.flag_bits & 1:
        raise NotAStatement(reason=msg("the archive is locked with a password."))
    try:
        with archive.open(entry) as file:
            content = file.read(most + 1)
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise NotAStatement(reason=msg("the archive is broken.")) from error
    if len(content) > most:
        raise StatementTooLarge()
    return content


def read(data: bytes, chosen: Format | None = None) -> Iterator[Item]:
    """Every item of a statement file or an archive of them; ``n`` rises strictly through all of it.

    Raises ``NotAStatement`` or ``StatementTooLarge``; in an archive a file that is no statement becomes a remark.
    """
    if len(data) > MOST_BYTES:
        raise StatementTooLarge()
    count = last = base = 0
    for name, content in members(data):
        for item in _of_member(name, content, chosen):
            count += 1
            if count > MOST_ITEMS:
                raise StatementTooLarge()
            line = base + item.n
            n = max(line, last + 1)
            place = ":".join(filter(None, (name, str(item.n)))) if name or n != item.n else ""
            yield item if n == item.n and not place else msgspec.structs.replace(item, n=n, place=place)
            last = n
        base = max(last, base + content.count(b"\n") + 1)


def _of_member(name: str, content: bytes, chosen: Format | None) -> Iterator[Item]:
    try:
        found = chosen or detect(content)
        if found not in READERS:
            raise NotAStatement(reason=msg("it is a table: bring it in by itself."))
        yield from READERS[found](content)
    except NotAStatement as error:
        if not name:
            raise
        yield remark(1, _within(name, error))


def _within(name: str, error: NotAStatement) -> Message:
    return msg("{file} in the archive is left out: {reason}", file=name, reason=error.params["reason"])

"""Workbooks that mean harm, written part by part."""

import zipfile
from collections.abc import Callable
from pathlib import Path

_DECLARATION = '<?xml version="1.0"?>'
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_RELATIONS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def raw_book(path: Path, sheet: str, *, workbook_head: str = "", more: dict[str, bytes] | None = None) -> Path:
    """A workbook of one sheet, written part by part."""
    book = (
        f'<?xml version="1.0"?>{workbook_head}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(
            "_rels/.rels",
            f'{_RELATIONS}<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        )
        archive.writestr("xl/workbook.xml", book)
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'{_RELATIONS}<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/s.xml"/>'
            "</Relationships>",
        )
        archive.writestr("xl/worksheets/s.xml", sheet)
        for name, data in (more or {}).items():
            archive.writestr(name, data)
    return path


def sheet(rows: str) -> str:
    return f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def far_cell(path: Path) -> Path:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return raw_book(path, sheet(cells))


def many_rows(path: Path) -> Path:
    return raw_book(
        path, sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c r="A900000"><v>1</v></c></row>')
    )


def zip_bomb(path: Path) -> Path:
    return raw_book(path, sheet(""), more={"xl/media/zeros.bin": b"\0" * 310_000_000})


def many_parts(path: Path) -> Path:
    return raw_book(path, sheet(""), more={f"xl/media/{n}.bin": b"x" for n in range(300)})


def entity_book(path: Path, entities: str) -> Path:
    """A workbook whose cells A1 and B1 are headings, and whose A2 is the entity ``e`` that ``entities`` declares."""
    head = f"<!DOCTYPE x [{entities}]>"
    cells = "".join(
        f'<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>' for cell, text in (("A1", "Case no."), ("B1", "Name"))
    )
    body = f'<row r="1">{cells}</row><row r="2"><c r="A2" t="inlineStr"><is><t>&e;</t></is></c></row>'
    return raw_book(path, head + sheet(body).removeprefix(_DECLARATION), workbook_head=head)


def laughs(path: Path) -> Path:
    """A thousand million laughs."""
    doubled = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return entity_book(path, f'<!ENTITY l0 "lol">{doubled}<!ENTITY e "&l9;">')


Bomb = Callable[[Path], Path]
BOMBS: tuple[Bomb, ...] = (far_cell, many_rows, zip_bomb, many_parts)
"""Each is to be refused as too large."""

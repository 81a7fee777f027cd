"""Everything that the sources write into the audit trail has a word on its page."""

import ast
from collections.abc import Iterator
from pathlib import Path

from web.pages.audit_words import ACTIONS, FIELDS, SUBJECTS, word

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("callcenter", "core", "recordings", "web")


def _records() -> Iterator[ast.Call]:
    """Every call of ``record``."""
    for room in ROOMS:
        for source in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
                    yield node


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_actions_have_words() -> None:
    said = {_text(call.args[2]) for call in _records()} - {None}
    assert len(said) > 40
    assert said <= ACTIONS.keys()


def test_kinds_of_records_have_words() -> None:
    pairs = [call.args[3] for call in _records() if len(call.args) > 3]
    said = {_text(pair.elts[0]) for pair in pairs if isinstance(pair, ast.Tuple)} - {None}
    assert len(said) > 15
    assert said <= SUBJECTS.keys()


def test_fields_have_words() -> None:
    tables = [call.args[4] for call in _records() if len(call.args) > 4 and isinstance(call.args[4], ast.Dict)]
    said = {_text(key) for table in tables for key in table.keys if key is not None} - {None}
    assert len(said) > 15
    assert said <= FIELDS.keys()


def test_what_has_no_word_is_shown_as_it_is() -> None:
    assert word(ACTIONS, "plugin.thing") == "plugin.thing"

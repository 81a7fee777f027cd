"""Templates: every one of them can be read, nothing in them runs as script, and data never becomes markup."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.i18n import msg, translator
from core.kernel.money import Money
from tests.factories import screens
from web import rendering
from web.pages import formats

TEMPLATES = Path(rendering.HERE / "templates")
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
HOSTILE = "<script>alert(1)</script>'\"><img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def _without_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "static", lambda path: f"/static/{path}")


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles_and_holds_nothing_inline(name: str) -> None:
    rendering.build(translator("en")).get_template(name)
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    assert not re.search(r"\son\w+\s*=|\sstyle\s*=|<style|javascript:|hx-on|\|\s*safe\b", source)
    assert not re.search(r"<script(?![^>]*(src=|application/json))", source)


def test_names_and_notes_of_debtors_are_text() -> None:
    case = screens.case()
    hostile = replace(
        case,
        identity=replace(case.identity, name=HOSTILE, creditor=HOSTILE),
        contacts=tuple(replace(line, note=HOSTILE, person=HOSTILE) for line in case.contacts),
        documents=tuple(replace(line, name=HOSTILE) for line in case.documents),
    )
    context = {**screens.frame().context(), "csrf": "", "case": hostile}
    html = rendering.build(translator("en")).get_template("cases/case.html").render(context)
    assert "<script>alert" not in html
    assert "<img" not in html


def test_values_read_as_people_write_them() -> None:
    at = datetime(2026, 11, 12, 15, 12, tzinfo=UTC)
    assert formats.money(Money(Decimal("-1234.5"), "UAH"), "uk").replace("\u00a0", " ") == "-1 234,50 ₴"
    assert formats.moment(at, "en", "Asia/Yekaterinburg") == "Thu 12 Nov 2026, 20:12"
    assert formats.day(date(2026, 11, 12), "pl") == "czw. 12 lis 2026"
    assert [formats.duration(seconds) for seconds in (0, 7.4, 750, 3723)] == ["0:00", "0:07", "12:30", "1:02:03"]
    assert formats.phone("+79000000001") == "+7 900 000-00-01"
    assert formats.phone("hidden<1>") == "hidden<1>"


@given(st.text(st.sampled_from("ab\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), max_size=12))
def test_no_text_turns_what_stands_after_it(text: str) -> None:
    shown = formats.closed(text)
    assert shown.startswith(text)
    assert set(shown.removeprefix(text)) <= {"\u202c", "\u2069"}
    assert _direction_open_after(shown) == []
    assert _rendered("{{ text }}", text=text) == shown
    assert _rendered('{{ _("<%(text)s>", text=text) }}', text=text) == f"<{shown}>"
    assert _rendered('{{ ngettext("<%(text)s>", "s", 1, text=text) }}', text=text) == f"<{shown}>"
    assert _rendered("{{ text | t }}", text=msg("({one})", one=text)) == f"({shown})"


def _rendered(source: str, **values: object) -> str:
    return rendering.build(translator("en")).from_string(source).render(values)


def _direction_open_after(text: str) -> list[str]:
    """What is still open at the end, by rules X1 to X8 of Unicode's Annex 9."""
    stack: list[str] = []
    for letter in text:
        if letter in "\u202a\u202b\u202d\u202e":
            stack.append("embedding")
        elif letter in "\u2066\u2067\u2068":
            stack.append("isolate")
        elif letter == "\u202c" and stack[-1:] == ["embedding"]:
            stack.pop()
        elif letter == "\u2069" and "isolate" in stack:
            while stack.pop() != "isolate":
                pass
    return stack


def test_every_template_compiles_and_is_kept_for_the_other_languages() -> None:
    rendering.warm()
    kept = rendering.HERE / "templates" / "__pycache__"
    templates = rendering.environment("en").list_templates(["html"])
    assert templates
    assert len(list(kept.iterdir())) >= len(templates)

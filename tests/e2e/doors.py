"""Texts brought into a running product through the doors people use: forms, and a registry."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import xlsxwriter
from sqlalchemy import select

from core.cases.model import Case, CaseParty
from core.importing.model import BatchState, ImportBatch
from core.importing.registry.fields import TARGETS
from core.kernel.db import Database
from core.parties.model import Phone
from core.people.model import Role, User
from tests.desk import Desk
from tests.waiting import until

Door = Callable[[str], tuple[str, dict[str, object]]]


def _code() -> str:
    return "x" + secrets.token_hex(6)


def house_doors(ids: Mapping[str, int]) -> tuple[Door, ...]:
    """What an administrator names. ``ids`` are of a role, a user and a creditor."""
    later = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    law = {"severity": "warn", "maximum": "4"}
    return (
        lambda text: ("/units", {"name": text[:200]}),
        lambda text: ("/roles", {"name": text[:120]}),
        lambda text: ("/profiles", {"name": text[:120], "right:cases.view": "1"}),
        lambda text: (
            "/users",
            {"login": _code(), "role_id": ids["role"], "position": text[:120]}
            | dict.fromkeys(("surname", "first_name", "patronymic"), text[:80]),
        ),
        lambda text: (
            "/creditors",
            {"name": text[:200], "jurisdiction": "NONE", "region": "RU", "currency": "RUB", "active": "1"}
            | {"recording_notice": text, "script": text},
        ),
        lambda text: ("/pauses", {"code": _code(), "label": text[:120], "position": "9", "active": "1"}),
        lambda text: (
            "/results",
            {"code": _code(), "label": text[:120], "position": "90", "active": "1"}
            | {"contact": "no", "need": "-", "stop": "-"},
        ),
        lambda text: ("/announcements", {"text": text[:2000], "until": later}),
        lambda text: ("/tokens", {"user_id": ids["user"], "name": text[:120], "scopes": "cases.view"}),
        lambda text: ("/blocks", {"phone": "+79000000999", "kind": "do_not_call", "basis": text[:500]}),
        lambda text: ("/law/days", {"law": "RU", "day": later, "day_type": "holiday", "note": text[:500]}),
        lambda text: ("/law/rules/ru.calls.day", {**law, "reason": text[:500]}),
        lambda text: ("/me/views", {"list": "cases", "name": text[:120], "query": f"q={text[:80]}"}),
    )


def case_doors(ids: Mapping[str, int]) -> tuple[Door, ...]:
    """What people write into a case. ``ids`` are of a case, its debtor and the debtor's phone."""
    case, number = ids["case"], iter(range(100))
    at = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT12:00")
    day = at.partition("T")[0]
    return (
        lambda text: (f"/cases/{case}/notes", {"text": text}),
        lambda text: (f"/cases/{case}/promises", {"promise_amount": "10", "promise_due": day, "note": text[:2000]}),
        lambda text: (
            f"/cases/{case}/people",
            {"name": text[:300], "role": "relative", "relation": text[:120]},
        ),
        lambda text: (
            f"/cases/{case}/people/{ids['party']}/phones",
            {"phone": f"+790000098{next(number):02}", "label": text[:120]},
        ),
        lambda text: (f"/cases/{case}/callbacks", {"at": at, "phone_id": ids["phone"], "reason": text[:500]}),
        lambda text: (
            f"/cases/{case}/blocks",
            {"kind": "do_not_call", "what": "party", "basis": text[:500], "ends_on": day},
        ),
    )


async def through(desk: Desk, doors: Sequence[Door], texts: Sequence[str]) -> None:
    """Every text through every door; each must take it."""
    for text in texts:
        for door in doors:
            path, fields = door(text)
            answer = await desk.http.post(f"{desk.url}{path}", data=fields)
            assert answer.status_code in (200, 201, 204, 303), (path, text, answer.status_code, answer.text[-600:])


async def house_ids(database: Database) -> dict[str, int]:
    """Things of the demo to hang names on."""
    async with database.read() as session:
        role = (await session.scalars(select(Role.id).where(Role.key == "clerk"))).one()
        user = (await session.scalars(select(User.id).where(User.login == "clerk"))).one()
    return {"role": role, "user": user}


async def case_ids(database: Database, case_id: int) -> dict[str, int]:
    """A case, its debtor and a phone of the debtor's."""
    async with database.read() as session:
        of_case = select(CaseParty.party_id).where(CaseParty.case_id == case_id).order_by(CaseParty.party_id)
        party = (await session.scalars(of_case.limit(1))).one()
        phone = (await session.scalars(select(Phone.id).where(Phone.party_id == party).limit(1))).one()
    return {"case": case_id, "party": party, "phone": phone}


def registry(path: Path, texts: Sequence[str]) -> Path:
    """A registry that says every text in each column that may say anything; each text is a heading as well."""
    free = ("name", "address", "contract_no", "relative_name", "relation", "guarantor_name", "comment")
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Registry")
    heads = ["number", "phone", "principal", *free]
    for column, head in enumerate([TARGETS[key].words[0] for key in heads] + [text[:250] for text in texts]):
        sheet.write_string(0, column, head)
    for row, text in enumerate(texts, start=1):
        whole = [f"{row} {text}"[:60], f"+7900000{2000 + row}", "1000", *(text[:80] for _ in free)]
        for column, value in enumerate(whole):
            sheet.write_string(row, column, value)
    book.close()
    return path


async def uploaded(desk: Desk, book: Path, file_name: str, creditor: int = 1) -> int:
    """The import of a registry that waits for its columns."""
    files = {"file": (file_name, await asyncio.to_thread(book.read_bytes))}
    fields = {"creditor_id": str(creditor), "order_number": f"<x-owned>{secrets.token_hex(4)}"}
    sent = await desk.http.post(f"{desk.url}/imports", data=fields, files=files)
    assert sent.status_code == 303, sent.text[-800:]
    return int(sent.headers["location"].rpartition("/")[2])


async def imported(desk: Desk, database: Database, book: Path, file_name: str, collector: int) -> list[int]:
    """The cases of a registry once it is applied, given to ``collector``."""
    batch = await uploaded(desk, book, file_name)

    async def row() -> ImportBatch:
        async with database.read() as session:
            return await session.get_one(ImportBatch, batch)

    async def is_in(state: BatchState) -> bool:
        return (await row()).state == state

    columns = {f"column-{index}": target for index, target in (await row()).columns.items()}
    assert (await desk.http.post(f"{desk.url}/imports/{batch}/check", data=columns)).status_code == 303
    await until(lambda: is_in(BatchState.CHECKED))
    applied = await desk.http.post(f"{desk.url}/imports/{batch}/apply", data={"valid_only": "1"})
    assert applied.status_code == 303, applied.text[-800:]
    await until(lambda: is_in(BatchState.DONE))
    async with database.read() as session:
        cases = list(await session.scalars(select(Case.id).where(Case.collector_id.is_(None)).order_by(Case.id)))

    async def all_given() -> bool:
        async with database.read() as session:
            left = select(Case.id).where(Case.id.in_(cases), Case.collector_id.is_(None)).limit(1)
            return await session.scalar(left) is None

    chosen = await desk.http.post(f"{desk.url}/mass/choose", data={"id": cases})
    run = chosen.headers["location"]
    given = await desk.http.post(f"{desk.url}{run}/start", data={"action": "assign", "user_id": str(collector)})
    assert given.status_code == 303, given.text[-800:]
    await until(all_given)
    return cases

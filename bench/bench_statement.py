"""A statement of 50,000 lines, from the file to settled payments, beside bare reading: splitting it into its fields."""

import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from bench.figure import Figure
from callcenter.app import settings, wiring
from callcenter.app.models import metadata
from core.cases.model import Jurisdiction
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.creditors import CreditorData, add_creditor, ensure_order
from core.importing.command import import_file
from core.importing.model import OnExisting
from core.kernel.access import PROGRAM
from core.kernel.db import Database
from core.parties.model import IdKind
from core.parties.service import NewParty
from core.payments.incoming.fields import DOOR
from core.payments.model import AccountKind, MoneyAccount
from core.payments.statements.detect import read

LINES, CASES = 50_000, 2_000
_OURS, _THEIRS = "40702810000000000001", "4081781000000{n:07}"


def _document(n: int, cases: int, day: str) -> list[str]:
    """Nine of ten name their case, in one of several spellings; the tenth is nobody's."""
    of = n % cases
    spelled = (f"B-{of:07}", f"b{of:07}", f"В-{of}", f"B {of:05}")[n % 4]
    purpose = f"Оплата по договору {spelled} от 01.02.2024, без НДС" if n % 10 else "Перевод средств"
    payer = _THEIRS.format(n=n)
    return [
        "СекцияДокумент=Платежное поручение",
        f"Номер={n}",
        f"Дата={day}",
        f"Сумма={100 + n % 900}.{n % 100:02}",
        f"ПлательщикСчет={payer}",
        f"Плательщик1=Долговский Мирон {of:07}" if n % 10 else f"Плательщик1=Прохожий {n}",
        "ПлательщикИНН=",
        f"ПолучательСчет={_OURS}",
        "Получатель1=Агентство",
        f"ДатаПоступило={day}",
        f"НазначениеПлатежа={purpose}",
        "КонецДокумента",
    ]


def _statement(path: Path, lines: int, cases: int) -> None:
    day = (date.today() - timedelta(days=1)).strftime("%d.%m.%Y")  # noqa: DTZ011 - any day that is over will do
    text = ["1CClientBankExchange", "ВерсияФормата=1.03", "Кодировка=Windows", f"РасчСчет={_OURS}"]
    for n in range(1, lines + 1):
        text += _document(n, cases, day)
    path.write_bytes("\r\n".join([*text, "КонецФайла", ""]).encode("cp1251"))


def _bare(path: Path) -> float:
    """Decoding the file and splitting every line into key and value."""
    start = perf_counter()
    documents: list[dict[str, str]] = []
    for line in path.read_bytes().decode("cp1251").splitlines():
        key, _, value = line.partition("=")
        if key == "СекцияДокумент":
            documents.append({})
        elif documents:
            documents[-1][key] = value
    assert len(documents) > 1
    return perf_counter() - start


def _read(path: Path) -> float:
    start = perf_counter()
    count = sum(1 for _ in read(path.read_bytes()))
    assert count > 1
    return perf_counter() - start


def _people(cases: int) -> Iterator[tuple[str, NewPerson]]:
    for n in range(cases):
        ids = ((IdKind.INN, f"{100_000_000_000 + n}"),)
        yield f"B-{n:07}", NewPerson(party=NewParty(name=f"Долговский Мирон {n:07}", ids=ids))


async def _debts(base: wiring.Ground, cases: int) -> None:
    now = base.clock.now()
    async with base.uow.write() as work:
        data = CreditorData(name="Bench Loans", jurisdiction=Jurisdiction.RU, region="RU", currency="RUB")
        creditor = await add_creditor(work, PROGRAM, data, at=now)
        order = await ensure_order(work, PROGRAM, creditor.id, "1", now.date(), at=now)
        work.session.add(MoneyAccount(name="Bank", kind=AccountKind.BANK, number=_OURS, currency="RUB"))
        for number, person in _people(cases):
            claim = NewClaim(number="1", principal=Decimal(1_000_000), due_on=date(2025, 1, 1))
            await open_case(
                work, PROGRAM, NewCase(order_id=order.id, number=number, people=(person,), claims=(claim,)), at=now
            )


async def run(*, small: bool) -> list[Figure]:
    lines, cases = (500, 50) if small else (LINES, CASES)
    with tempfile.TemporaryDirectory(prefix="bench-statement-") as folder:
        path = Path(folder) / "statement.txt"
        _statement(path, lines, cases)
        bare, reading = _bare(path), _read(path)
        chosen = settings.load().model_copy(update={"data_dir": Path(folder)})
        database = Database(f"sqlite+aiosqlite:///{folder}/bench.db")
        async with database.writer_engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        base = wiring.ground(chosen, database)
        await _debts(base, cases)
        imports = wiring.build(base, wiring.people(base), ()).imports
        kind = {"door": DOOR, "options": {"format": "auto"}, "on_existing": OnExisting.SKIP}
        start = perf_counter()
        batch = await import_file(imports, base.uow, PROGRAM, path, dry_run=True, **kind)  # type: ignore[arg-type]
        checked = perf_counter() - start
        assert batch.counts == {"new": lines}, batch.counts
        start = perf_counter()
        done = await import_file(imports, base.uow, PROGRAM, path, **kind)  # type: ignore[arg-type]
        whole = perf_counter() - start
        assert done.applied == lines, done
        await database.close()
    told = (
        ("reading alone", reading),
        (f"dry run, matched to {cases:,} cases", checked),
        ("dry run, posted and settled", whole),
    )
    return [
        Figure(
            name=f"statement of {lines:,} lines: {what}",
            value=value,
            unit="s",
            reference=bare,
            reference_name="splitting into fields",
        )
        for what, value in told
    ]

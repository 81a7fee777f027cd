"""Work of one collector: a case with a debtor and a phone, a call with its recording and a mark, a callback."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select

from callcenter.callbacks.model import Callback, CallbackState
from callcenter.callbacks.model import Origin as CallbackOrigin
from callcenter.calls.facts import CallPhase, Direction
from callcenter.calls.model import Call
from core.cases.model import Creditor, Jurisdiction, Order, TaskKind
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.creditors import CreditorData, add_creditor, ensure_order
from core.cases.service.tasks import NewTask, add_task
from core.importing.model import REGISTRY, ImportBatch
from core.kernel.access import PROGRAM
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work
from core.parties.model import Phone
from core.parties.service import NewParty, NewPhone
from core.payments.incoming.fields import DOOR as PAYMENTS
from core.payments.model import AccountKind, MoneyAccount, Source
from core.payments.service.registering import NewPayment, register_many
from core.people.model import User
from recordings.model import Mark, MarkKind, Recording, RecordingState
from recordings.storage import LocalStorage

ZONE = "Europe/Moscow"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Ids of what lies on one collector's desk."""

    case: int
    party: int
    phone: int
    call: int
    recording: int
    mark: int
    callback: int
    task: int


async def creditor_and_order(work: Work, clock: Clock) -> tuple[Creditor, Order]:
    """The creditor everybody works for, made once."""
    found = await work.session.scalar(select(Creditor))
    if found is None:
        data = CreditorData(name="Northern Loans", jurisdiction=Jurisdiction.RU, region="RU", currency="RUB")
        found = await add_creditor(work, PROGRAM, data, at=clock.now())
    return found, await ensure_order(work, PROGRAM, found.id, "2026-01", date(2026, 1, 15), at=clock.now())


async def lay_desk(uow: UnitOfWork, clock: Clock, storage: LocalStorage, sound: Path, user_id: int) -> Desk:
    """Give the user a case, an ended call with a recording, and a callback for this evening. ``sound`` is any file."""
    now, number = clock.now(), f"+7900000{user_id:04}"
    size = (await asyncio.to_thread(sound.stat)).st_size
    async with uow.write() as work:
        user = await work.session.get_one(User, user_id)
        _, order = await creditor_and_order(work, clock)
        debtor = NewParty(name=f"Debtor of {user.login}", timezone=ZONE, phones=(NewPhone(raw=number),))
        case = await open_case(
            work,
            PROGRAM,
            NewCase(
                order_id=order.id,
                number=f"N-{user_id}",
                people=(NewPerson(party=debtor),),
                claims=(NewClaim(number="1", principal=Decimal(1000)),),
                collector_id=user_id,
            ),
            at=now,
        )
        call = Call(
            id=1_000_000 + user_id,
            server="pbx",
            direction=Direction.OUTBOUND,
            phase=CallPhase.ENDED,
            phone=number,
            started_at=now - timedelta(minutes=5),
            answered_at=now - timedelta(minutes=4),
            ended_at=now - timedelta(minutes=1),
            party_id=case.debtor_id,
            case_id=case.id,
            user_id=user_id,
            needs_result=True,
        )
        work.session.add(call)
        recording = Recording(
            server="pbx",
            uniqueid=f"u-{user_id}",
            call_id=call.id,
            state=RecordingState.READY,
            created_at=now,
            started_at=call.answered_at,
            duration_ms=60_000,
            bytes=size,
            sha256="0" * 64,
            codec="opus",
            channels=2,
            storage_key=f"{user_id}.ogg",
        )
        work.session.add(recording)
        callback = Callback(
            state=CallbackState.PLANNED,
            origin=CallbackOrigin.AGREED,
            user_id=user_id,
            unit_id=user.unit_id,
            party_id=case.debtor_id,
            case_id=case.id,
            phone=number,
            zone=ZONE,
            window_start=now + timedelta(hours=2),
            window_end=now + timedelta(hours=3),
            created_by=user_id,
            created_at=now,
        )
        work.session.add(callback)
        todo = NewTask(case_id=case.id, kind=TaskKind.CALL, title="Call", due_at=now)
        task = await add_task(work, PROGRAM, todo, at=now)
        await work.session.flush()
        mark = Mark(
            recording_id=recording.id,
            at_ms=1,
            kind=MarkKind.BOOKMARK,
            text="here",
            author_id=user_id,
            created_at=now,
        )
        work.session.add(mark)
        await work.session.flush()
        phone = await work.session.scalar(select(Phone.id).where(Phone.party_id == case.debtor_id))
    await storage.put(f"{user_id}.ogg", sound)
    assert case.debtor_id is not None
    assert phone is not None
    return Desk(
        case=case.id,
        party=case.debtor_id,
        phone=phone,
        call=call.id,
        recording=recording.id,
        mark=mark.id,
        callback=callback.id,
        task=task.id,
    )


async def waiting_import(uow: UnitOfWork, clock: Clock, user_id: int, *, of_payments: bool = False) -> int:
    """A registry, or a table of payments, that was uploaded and waits for its mapping."""
    async with uow.write() as work:
        creditor, order = await creditor_and_order(work, clock)
        batch = ImportBatch(
            kind=PAYMENTS.kind if of_payments else REGISTRY,
            creditor_id=None if of_payments else creditor.id,
            order_number=order.number,
            file_name="registry.xlsx",
            file_hash=secrets.token_hex(32),
            created_by_id=user_id,
            created_at=clock.now(),
        )
        work.session.add(batch)
        await work.session.flush()
        return batch.id


async def waiting_payment(uow: UnitOfWork, clock: Clock) -> int:
    """A payment that nobody knows the case of."""
    at = clock.now()
    async with uow.write() as work:
        account = await work.session.scalar(select(MoneyAccount).where(MoneyAccount.name == "Agency"))
        if account is None:
            account = MoneyAccount(name="Agency", kind=AccountKind.BANK, number="40702810900000000001", currency="RUB")
            work.session.add(account)
            await work.session.flush()
        new = NewPayment(
            account_id=account.id,
            amount=Decimal("10.00"),
            value_on=at.date(),
            source=Source.STATEMENT,
            doc_no=secrets.token_hex(8),
            payer_name="Somebody Else",
        )
        return (await register_many(work, PROGRAM, [new], at=at))[0].payment_id

"""What the bell asks in one question is what the log finds in several, and it is not waited for long."""

import pytest

from bench.floor import collectors_at_work, debtors_with_cases
from bench.rings import caller_of
from callcenter.app.adapters.cases import CallerLookup
from callcenter.app.adapters.doorplates import Doorplates
from callcenter.app.adapters.staff import StaffDirectory
from callcenter.app.presets import install
from callcenter.calls.offers import offers_of
from callcenter.calls.reporting import CallReporter
from core.kernel.clock import ManualClock
from core.kernel.i18n import translator
from core.kernel.uow import UnitOfWork
from core.people.model import User
from tests.fakes.floor import FakeGate, incoming, ringing
from tests.locking import locked

KNOWN, OTHER, STRANGER = f"+{caller_of(0)}", f"+{caller_of(1)}", "+79990000000"


@pytest.fixture(autouse=True)
async def floor(uow: UnitOfWork) -> None:
    async with uow.write() as work:
        roles = await install(work, translator("en"))
        await collectors_at_work(work, 2, roles["collector"])
        await debtors_with_cases(work, 2, 2)


@pytest.mark.parametrize("phones", [[], [KNOWN], [STRANGER], [OTHER, STRANGER, KNOWN]])
@pytest.mark.parametrize("endpoints", [[], ["1000"], ["1001d"], ["1000", "1000d", "1001", "9999"]])
async def test_one_question_finds_what_two_find(uow: UnitOfWork, endpoints: list[str], phones: list[str]) -> None:
    plates = await Doorplates(uow.database).read(endpoints, phones, [])
    async with uow.read() as session:
        assert plates.users == await StaffDirectory().users(session, endpoints)
        assert plates.matches == await CallerLookup().match(session, phones)
    assert (len(plates.users), len(plates.matches)) == (
        len(set(endpoints) - {"9999"}),
        len(set(phones) - {STRANGER}),
    )


async def test_the_cards_of_logged_calls_come_with_it(uow: UnitOfWork, clock: ManualClock) -> None:
    reporter = CallReporter(uow, clock, staff=StaffDirectory(), callers=CallerLookup(), gate=FakeGate())
    call = ringing(incoming(1, KNOWN), 1)
    await reporter.report((call,))
    plates = await Doorplates(uow.database).read(["1000"], [KNOWN], [call.call_id])
    async with uow.read() as session:
        assert plates.offers == await offers_of(session, [call.call_id])
    assert set(plates.offers) == {call.call_id}
    assert set(plates.users) == {"1000"}


async def test_a_lock_in_the_way_is_not_waited_for_long(uow: UnitOfWork, database_url: str) -> None:
    plates = Doorplates(uow.database, patience=0.05)
    async with locked(database_url, User.__tablename__):
        if uow.database.dialect == "sqlite":  # whoever writes there stands in no reader's way
            assert (await plates.read(["1000"], [KNOWN], [])).users
        else:
            with pytest.raises(TimeoutError):
                await plates.read(["1000"], [KNOWN], [])
    assert (await plates.read(["1000"], [KNOWN], [])).users

"""Reports by mail, handed to a mail server that listens: once or not at all, and every failure says so."""

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from callcenter.app.adapters.figures import FloorFigures
from callcenter.productivity.errors import SavedReportGone, ScheduleNotFound
from callcenter.productivity.mail_rules import BACK_OFF, Every
from callcenter.productivity.mailing import Mailing, ScheduleData
from callcenter.productivity.model import MailState, ReportMail, ReportSchedule
from core.kernel.clock import ManualClock
from core.kernel.errors import DatabaseBusy, Invalid
from core.kernel.jobs.runner import JobRunner
from core.kernel.uow import UnitOfWork, Work
from core.mail.smtp import Relay, Smtp
from core.people.model import SavedView, User
from tests.factories.people import Cast
from tests.fakes.smtp import MailServer, mail_server
from web.pages.reports.report_files import MadeReports
from web.printing import Printer


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as found:
        yield found


class Office:
    """Somebody who has reports mailed, with the jobs that do it."""

    def __init__(self, uow: UnitOfWork, clock: ManualClock, cast: Cast, port: int) -> None:
        self.uow, self.clock, self.cast = uow, clock, cast
        relay = Relay(host="127.0.0.1", port=port, security="none", sender="reports@example.org")
        self.mailing = Mailing(uow, clock, MadeReports(uow, clock, FloorFigures(), Printer()), Smtp(relay))
        self.jobs = JobRunner(uow, clock, self.mailing.handlers)
        self.view = 0

    async def furnish(self) -> None:
        async with self.uow.write() as work:
            for login in ("admin", "maria", "bella"):
                user = await work.session.get_one(User, self.cast.users[login])
                user.email, user.timezone = f"{login}@example.org", "Europe/Warsaw"
            view = SavedView(
                user_id=self.cast.users["admin"], list="reports", name="Day", query="period=yesterday", shared=False
            )
            work.session.add(view)
            await work.session.flush()
            self.view = view.id

    def data(self, *logins: str, **other: object) -> ScheduleData:
        plain = {"format": "xlsx", "every": Every.DAY, "day": 1, "hour": 8, "view_id": self.view, **other}
        return ScheduleData(**plain, recipients=tuple(self.cast.users[login] for login in logins))  # type: ignore[arg-type]

    async def scheduled(self, *logins: str, **other: object) -> int:
        return await self.mailing.add(await self.cast.actor(self.uow, "admin"), self.data(*logins, **other))

    async def morning(self) -> None:
        """The next time at which reports are mailed."""
        async with self.uow.read() as session:
            at = await session.scalar(select(ReportSchedule.next_at))
        assert at is not None
        self.clock.advance(at - self.clock.now())
        await self.mailing.due()
        await self.jobs.run_due()

    async def mails(self) -> list[ReportMail]:
        async with self.uow.read() as session:
            return list((await session.scalars(select(ReportMail).order_by(ReportMail.id))).all())


@pytest.fixture
async def office(uow: UnitOfWork, clock: ManualClock, cast: Cast, server: MailServer) -> Office:
    made = Office(uow, clock, cast, server.port)
    await made.furnish()
    return made


def attached(message: EmailMessage) -> tuple[str, bytes]:
    (part,) = message.iter_attachments()
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return part.get_filename() or "", content


async def test_each_reader_gets_the_file_once_each_time(office: Office, server: MailServer) -> None:
    await office.scheduled("admin", "maria")
    async with office.uow.read() as session:
        schedule = (await session.scalars(select(ReportSchedule))).one()
    assert (schedule.name, schedule.query, schedule.zone) == ("Day", "period=yesterday", "Europe/Warsaw")
    assert schedule.next_at == datetime(2026, 3, 12, 7, tzinfo=UTC), "eight o'clock in Warsaw"
    assert await office.mailing.due() == 0
    await office.morning()
    assert sorted(str(one["To"]) for one in server.messages) == ["admin@example.org", "maria@example.org"]
    for message in server.messages:
        assert message["From"] == "reports@example.org"
        assert str(message["Subject"]).startswith("Day, ")
        name, content = attached(message)
        assert name == "report-2026-03-11-2026-03-11.xlsx"
        assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert {one.state for one in await office.mails()} == {MailState.SENT}
    for _ in range(2):
        await office.mailing.due()
        await office.jobs.run_due()
    assert len(server.messages) == 2, "once"
    await office.morning()
    assert len(server.messages) == 4
    assert len({str(one["Message-ID"]) for one in server.messages}) == 4


async def test_what_was_not_taken_is_tried_ever_later(office: Office, server: MailServer) -> None:
    await office.scheduled("admin")
    server.answers["RCPT"] = "451 later"
    await office.morning()
    for tries, wait in enumerate(BACK_OFF, 1):
        (mail,) = await office.mails()
        assert (mail.state, mail.tries, mail.error) == (MailState.WAITING, tries, "mail_unreachable")
        assert await office.jobs.run_due() == 0, "not before its time"
        office.clock.advance(wait)
        if tries == 3:
            del server.answers["RCPT"]
        assert await office.jobs.run_due() == 1
        if tries == 3:
            break
    (mail,) = await office.mails()
    assert (mail.state, mail.error, len(server.messages)) == (MailState.SENT, "", 1)


async def test_it_gives_up_in_the_end(office: Office, server: MailServer) -> None:
    await office.scheduled("admin")
    server.answers["MAIL"] = "421 busy"
    await office.morning()
    for wait in BACK_OFF:
        office.clock.advance(wait)
        await office.jobs.run_due()
    (mail,) = await office.mails()
    assert (mail.state, mail.error) == (MailState.FAILED, "mail_unreachable")
    office.clock.advance(timedelta(hours=5))
    assert await office.jobs.run_due() == 0


@pytest.mark.parametrize(
    ("command", "answer", "state", "error"),
    [
        ("RCPT", "550 nobody", MailState.FAILED, "mail_refused"),
        ("DATA", "554 no", MailState.FAILED, "mail_refused"),
        (".", "552 too large", MailState.FAILED, "mail_refused"),
        (".", "", MailState.UNCERTAIN, "mail_uncertain"),
    ],
)
async def test_what_is_refused_or_uncertain_is_not_sent_again(
    office: Office, server: MailServer, command: str, answer: str, state: MailState, error: str
) -> None:
    await office.scheduled("admin")
    server.answers[command] = answer
    await office.morning()
    del server.answers[command]
    office.clock.advance(timedelta(hours=6))
    await office.jobs.run_due()
    (mail,) = await office.mails()
    assert (mail.state, mail.error, server.messages) == (state, error, [])


async def test_a_process_that_dies_while_sending_sends_nothing_twice(office: Office, server: MailServer) -> None:
    await office.scheduled("admin")
    office.clock.advance(timedelta(days=1))
    await office.mailing.due()
    async with office.uow.write() as work:
        await work.session.execute(update(ReportMail).values(state=MailState.SENDING))
    await office.jobs.run_due()
    (mail,) = await office.mails()
    assert (mail.state, mail.error, server.messages) == (MailState.UNCERTAIN, "mail_uncertain", [])


async def test_a_taken_message_whose_end_cannot_be_written_is_not_sent_again(
    office: Office, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.scheduled("admin")
    write, send = office.uow.write, Smtp.send
    busy = iter([True])

    def refusing(*, brief: bool = False) -> AbstractAsyncContextManager[Work]:
        if next(busy, False):
            raise DatabaseBusy
        return write(brief=brief)

    async def sent(self: Smtp, message: EmailMessage) -> None:
        await send(self, message)
        monkeypatch.setattr(office.uow, "write", refusing)

    monkeypatch.setattr(Smtp, "send", sent)
    await office.morning()
    office.clock.advance(timedelta(hours=6))
    await office.jobs.run_due()
    (mail,) = await office.mails()
    assert (mail.state, mail.error, len(server.messages)) == (MailState.UNCERTAIN, "mail_uncertain", 1)


@pytest.mark.parametrize("goodbye", ["421 too busy", "500 what?", ""])
async def test_a_rude_goodbye_does_not_send_a_message_again(office: Office, server: MailServer, goodbye: str) -> None:
    await office.scheduled("admin")
    server.answers["QUIT"] = goodbye
    await office.morning()
    office.clock.advance(timedelta(hours=6))
    await office.jobs.run_due()
    (mail,) = await office.mails()
    assert (mail.state, len(server.messages)) == (MailState.SENT, 1)


async def test_nobody_gets_what_he_may_not_see(office: Office, server: MailServer) -> None:
    admin = await office.cast.actor(office.uow, "admin")
    with pytest.raises(Invalid):
        await office.scheduled("bella")  # collectors look, they take nothing away
    with pytest.raises(Invalid):
        await office.scheduled()
    with pytest.raises(SavedReportGone):
        await office.scheduled("admin", view_id=99)
    maria = await office.cast.actor(office.uow, "maria")
    with pytest.raises(SavedReportGone):
        await office.mailing.add(maria, office.data("maria"))
    made = await office.scheduled("maria", "admin")
    async with office.uow.write() as work:
        await work.session.execute(update(User).where(User.id == office.cast.users["maria"]).values(active=False))
        await work.session.execute(update(User).where(User.id == office.cast.users["admin"]).values(email=None))
    await office.morning()
    assert {one.error for one in await office.mails()} == {"no_right", "no_address"}
    assert server.messages == []
    await office.mailing.change(admin, made, office.data("admin", rests=True))
    office.clock.advance(timedelta(days=3))
    assert await office.mailing.due() == 0
    await office.mailing.remove(admin, made)
    with pytest.raises(ScheduleNotFound):
        await office.mailing.remove(admin, made)
    assert await office.mails() == []


async def test_readers_out_of_reach_stay_when_a_schedule_is_changed(office: Office) -> None:
    """Whom the form cannot show is not dismissed by it."""
    made = await office.scheduled("maria", "admin")
    async with office.uow.write() as work:
        await work.session.execute(update(User).where(User.id == office.cast.users["maria"]).values(active=False))
    admin = await office.cast.actor(office.uow, "admin")
    await office.mailing.change(admin, made, office.data("admin", hour=9))
    async with office.uow.read() as session:
        row = (await session.scalars(select(ReportSchedule))).one()
    assert (row.hour, set(row.recipients)) == (9, {office.cast.users["maria"], office.cast.users["admin"]})


async def test_a_report_that_is_made_late_is_of_the_day_on_which_it_was_due(office: Office, server: MailServer) -> None:
    await office.scheduled("admin")
    async with office.uow.read() as session:
        due = await session.scalar(select(ReportSchedule.next_at))
    assert due is not None
    office.clock.advance(due - office.clock.now() + timedelta(days=2))
    await office.mailing.due()
    await office.jobs.run_due()
    name, _content = attached(server.messages[0])
    assert (due.astimezone(ZoneInfo("Europe/Warsaw")).date() - timedelta(days=1)).isoformat() in name


async def test_without_a_server_it_says_so(office: Office) -> None:
    mailing = Mailing(
        office.uow, office.clock, MadeReports(office.uow, office.clock, FloorFigures(), Printer()), Smtp(Relay())
    )
    assert not mailing.ready
    office.mailing, office.jobs = mailing, JobRunner(office.uow, office.clock, mailing.handlers)
    await office.scheduled("admin")
    await office.morning()
    (mail,) = await office.mails()
    assert (mail.state, mail.error) == (MailState.WAITING, "mail_not_set")


def test_the_password_shows_nowhere() -> None:
    relay = Relay(host="mail.example.org", user="me", password="a secret", sender="me@example.org")
    assert "a secret" not in repr(relay)

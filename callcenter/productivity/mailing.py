"""Reports by mail: what is due is written as rows, each of which a job hands to the mail server once or not at all.

A row is reserved before its message is handed over and says afterwards what became of it. What certainly was not taken
is tried again, ever later; what may have arrived is not. Every reader gets what he himself may see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.productivity.errors import SavedReportGone, ScheduleNotFound
from callcenter.productivity.mail_rules import BACK_OFF, Every, next_time
from callcenter.productivity.model import MailState, ReportMail, ReportSchedule
from callcenter.productivity.ports import Post, ReportFile, ReportFiles
from callcenter.productivity.rights import EXPORT, VIEW
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import DomainError, Invalid
from core.kernel.i18n import Message, msg, translator
from core.kernel.jobs.queue import enqueue
from core.kernel.jobs.runner import JobHandler, Retry
from core.kernel.uow import UnitOfWork, Work
from core.mail.errors import MailRefused, MailUncertain
from core.people.access import actor_of, visible
from core.people.model import SavedView, User

MAIL_JOB = "report.mail"
#: The list whose saved views are reports.
REPORTS = "reports"
#: Why a report was not made, beside the codes of errors.
NO_ADDRESS, NO_RIGHT, BROKEN = "no_address", "no_right", "report_failed"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleData:
    """When a report is mailed to whom; see :class:`~callcenter.productivity.model.ReportSchedule`. ``view_id`` is the
    saved report; None leaves the one that was chosen before."""

    format: str
    every: Every
    day: int
    hour: int
    recipients: tuple[int, ...]
    view_id: int | None = None
    rests: bool = False


class Mailing:
    """Use cases of scheduled reports, and the job that sends them."""

    def __init__(self, uow: UnitOfWork, clock: Clock, files: ReportFiles, post: Post) -> None:
        self._uow = uow
        self._clock = clock
        self._files = files
        self._post = post

    @property
    def handlers(self) -> Mapping[str, JobHandler]:
        """The jobs to register with the runner."""
        return {MAIL_JOB: self._job}

    @property
    def ready(self) -> bool:
        """Whether a mail server is set up."""
        return bool(self._post.sender)

    async def add(self, actor: Actor, data: ScheduleData) -> int:
        """A new schedule by the actor's clocks; its id. Raises ``Invalid``, ``SavedReportGone``."""
        actor.require(EXPORT)
        now = self._clock.now()
        async with self._uow.write() as work:
            await _check(work, actor, data, ())
            row = ReportSchedule(owner_id=actor.user_id, zone=actor.timezone, created_at=now)
            await self._write(work, actor, row, data)
            work.session.add(row)
            await work.session.flush()
            changes = {name: (None, value) for name, value in _said(row).items()}
            record(work, actor, "report_mail.added", ("report_schedule", row.id), changes, at=now)
            return row.id

    async def change(self, actor: Actor, schedule_id: int, data: ScheduleData) -> None:
        """Change a schedule; readers whom the actor does not reach stay. Raises ``ScheduleNotFound``, ``Invalid``,
        ``SavedReportGone``."""
        async with self._uow.write() as work:
            row = await schedule_for(work.session, actor, schedule_id)
            stay = await unreached(work.session, actor, row)
            data = replace(data, recipients=(*data.recipients, *stay))
            await _check(work, actor, data, row.recipients)
            before = _said(row)
            await self._write(work, actor, row, data)
            changes = {name: (before[name], value) for name, value in _said(row).items() if before[name] != value}
            record(work, actor, "report_mail.changed", ("report_schedule", row.id), changes, at=self._clock.now())

    async def remove(self, actor: Actor, schedule_id: int) -> None:
        """Mail it no more; what was mailed is forgotten. Raises ``ScheduleNotFound``."""
        async with self._uow.write() as work:
            row = await schedule_for(work.session, actor, schedule_id)
            changes = {name: (value, None) for name, value in _said(row).items()}
            record(work, actor, "report_mail.removed", ("report_schedule", row.id), changes, at=self._clock.now())
            await work.session.delete(row)

    async def _write(self, work: Work, actor: Actor, row: ReportSchedule, data: ScheduleData) -> None:
        if data.view_id is not None:
            view = await _saved(work.session, actor, data.view_id)
            row.name, row.query = view.name, view.query
        row.format, row.every, row.day, row.hour = data.format, data.every, data.day, data.hour
        row.recipients = sorted(set(data.recipients))
        zone, now = ZoneInfo(row.zone), self._clock.now()
        row.next_at = None if data.rests else next_time(data.every, data.day, data.hour, zone, now)

    async def due(self) -> int:
        """Write down what is due by now, and have it sent; how many schedules. A time that was missed is made up for
        once. For a ticker."""
        now = self._clock.now()
        waiting = select(ReportSchedule.id).where(ReportSchedule.next_at <= now).order_by(ReportSchedule.id)
        async with self._uow.read() as session:
            ids = (await session.scalars(waiting)).all()
        return sum([await self._fall_due(schedule_id, now) for schedule_id in ids])

    async def _fall_due(self, schedule_id: int, now: datetime) -> bool:
        async with self._uow.write() as work:
            held = select(ReportSchedule).where(ReportSchedule.id == schedule_id, ReportSchedule.next_at <= now)
            row = await work.session.scalar(held.with_for_update())
            if row is None or row.next_at is None:
                return False
            mails = [
                ReportMail(schedule_id=row.id, due_at=row.next_at, user_id=user_id, state=MailState.WAITING, at=now)
                for user_id in row.recipients
            ]
            row.next_at = next_time(Every(row.every), row.day, row.hour, ZoneInfo(row.zone), now)
            work.session.add_all(mails)
            await work.session.flush()
            for mail in mails:
                await enqueue(work, MAIL_JOB, {"mail": mail.id}, at=now, key=f"{MAIL_JOB}:{mail.id}")
        return True

    async def _job(self, payload: Mapping[str, Any]) -> None:
        mail_id = int(payload["mail"])
        found = await self._taken_up(mail_id)
        if found is None:
            return
        mail, schedule, user, actor = found
        try:
            if not user.email or not (user.active and actor.may(VIEW) and actor.may(EXPORT)):
                await self._over(mail_id, MailState.FAILED, NO_RIGHT if user.email else NO_ADDRESS)
                return
            made = await self._files.make(actor, schedule.query, schedule.format, mail.due_at)
            message = self._message(mail, schedule, user, made)
        except DomainError as error:
            await self._later(mail_id, mail.tries, error.code)
            return
        except Exception:  # noqa: BLE001 - the schedule's page says so, and it is tried again
            _log.exception("a report could not be made", mail=mail_id)
            await self._later(mail_id, mail.tries, BROKEN)
            return
        if await self._reserved(mail_id):
            await self._send(mail_id, mail.tries, message)

    async def _send(self, mail_id: int, tries: int, message: EmailMessage) -> None:
        """Hand over what is reserved. A process that cannot write down any more that it was taken leaves it reserved:
        whoever takes the job up then says that it may have arrived."""
        try:
            await self._post.send(message)
        except MailUncertain as error:
            await self._over(mail_id, MailState.UNCERTAIN, error.code)
        except MailRefused as error:
            await self._over(mail_id, MailState.FAILED, error.code)
        except DomainError as error:
            await self._later(mail_id, tries, error.code)
        else:
            await self._over(mail_id, MailState.SENT, "")

    async def _taken_up(self, mail_id: int) -> tuple[ReportMail, ReportSchedule, User, Actor] | None:
        """What is to be sent to whom; None when it is over. One that was being sent when its process died may have
        arrived."""
        async with self._uow.write() as work:
            died = update(ReportMail).where(ReportMail.id == mail_id, ReportMail.state == MailState.SENDING)
            await work.session.execute(died.values(state=MailState.UNCERTAIN, error=MailUncertain.code))
            mail = await work.session.get(ReportMail, mail_id)
            if mail is None or mail.state != MailState.WAITING:
                return None
            schedule = await work.session.get_one(ReportSchedule, mail.schedule_id)
            user = await work.session.get_one(User, mail.user_id)
            return mail, schedule, user, await actor_of(work.session, user)

    async def _reserved(self, mail_id: int) -> bool:
        """Take the step after which it is sent once or not at all."""
        step = update(ReportMail).where(ReportMail.id == mail_id, ReportMail.state == MailState.WAITING)
        values = {"state": MailState.SENDING, "tries": ReportMail.tries + 1, "at": self._clock.now()}
        async with self._uow.write() as work:
            return await work.session.scalar(step.values(values).returning(ReportMail.id)) is not None

    async def _over(self, mail_id: int, state: MailState, error: str) -> None:
        async with self._uow.write() as work:
            over = update(ReportMail).where(ReportMail.id == mail_id)
            await work.session.execute(over.values(state=state, error=error, at=self._clock.now()))

    async def _later(self, mail_id: int, tries: int, error: str) -> None:
        """It certainly was not sent: try again after a while, or give up."""
        if tries >= len(BACK_OFF):
            await self._over(mail_id, MailState.FAILED, error)
            return
        async with self._uow.write() as work:
            back = update(ReportMail).where(ReportMail.id == mail_id)
            values = {"state": MailState.WAITING, "tries": tries + 1, "error": error, "at": self._clock.now()}
            await work.session.execute(back.values(values))
        raise Retry(BACK_OFF[tries])

    def _message(self, mail: ReportMail, schedule: ReportSchedule, user: User, made: ReportFile) -> EmailMessage:
        texts = translator(user.language)
        message = EmailMessage()
        message["From"], message["To"] = self._post.sender, user.email
        message["Subject"] = " ".join(f"{schedule.name}, {made.period}".split())
        message["Date"] = mail.at
        message["Message-ID"] = f"<report-{mail.id}@{self._post.sender.rpartition('@')[2]}>"
        message.set_content(texts.render(msg("The report “{name}” is attached.", name=schedule.name)))
        kind, _, subtype = made.media.partition("/")
        message.add_attachment(made.content, maintype=kind, subtype=subtype, filename=made.name)
        return message


def _said(row: ReportSchedule) -> dict[str, object]:
    """What the trail keeps of a schedule."""
    named = ("name", "format", "every", "day", "hour", "recipients", "next_at")
    return {name: getattr(row, name) for name in named}


async def _check(work: Work, actor: Actor, data: ScheduleData, known: Sequence[int]) -> None:
    """Raise ``Invalid`` for what cannot be, and for a new reader out of reach or without the right to reports."""
    faults: dict[str, Message] = {}
    if not 0 <= data.hour <= 23:
        faults["hour"] = msg("Between {low} and {high}.", low=0, high=23)
    most = 7 if data.every is Every.WEEK else 31
    if data.every is not Every.DAY and not 1 <= data.day <= most:
        faults["day"] = msg("Between {low} and {high}.", low=1, high=most)
    if not data.recipients:
        faults["user"] = msg("Choose at least one reader.")
    new = set(data.recipients) - set(known)
    if new - {user.id for user in await readers(work.session, actor)}:
        faults["user"] = msg("Choose one of the list.")
    if faults:
        raise Invalid(faults)


async def unreached(session: AsyncSession, actor: Actor, row: ReportSchedule) -> list[int]:
    """The readers of a schedule whom the actor can neither choose nor dismiss."""
    return sorted(set(row.recipients) - {user.id for user in await readers(session, actor)})


async def readers(session: AsyncSession, actor: Actor) -> list[User]:
    """Those in the actor's reach who may have reports as files."""
    wanted = visible(select(User).where(User.active), actor, EXPORT, owner=User.id, unit=User.unit_id)
    found = []
    for user in await session.scalars(wanted.order_by(User.surname, User.id)):
        their = await actor_of(session, user)
        if their.may(VIEW) and their.may(EXPORT):
            found.append(user)
    return found


async def _saved(session: AsyncSession, actor: Actor, view_id: int) -> SavedView:
    theirs = or_(SavedView.user_id == actor.user_id, SavedView.shared)
    row = await session.scalar(select(SavedView).where(SavedView.id == view_id, SavedView.list == REPORTS, theirs))
    if row is None:
        raise SavedReportGone
    return row


async def schedule_for(session: AsyncSession, actor: Actor, schedule_id: int) -> ReportSchedule:
    """The schedule, if the right to export reaches it. Raises ``ScheduleNotFound``."""
    row = await session.scalar(_seen(actor).where(ReportSchedule.id == schedule_id))
    if row is None:
        raise ScheduleNotFound
    return row


async def schedules(session: AsyncSession, actor: Actor) -> Sequence[ReportSchedule]:
    """The schedules in reach, by name."""
    return (await session.scalars(_seen(actor).order_by(ReportSchedule.name, ReportSchedule.id))).all()


def _seen(actor: Actor) -> Select[ReportSchedule]:
    return visible(select(ReportSchedule), actor, EXPORT, owner=ReportSchedule.owner_id)


async def mails(session: AsyncSession, schedule_id: int, limit: int = 50) -> Sequence[tuple[ReportMail, User]]:
    """What was mailed last by a schedule that the caller has read for an actor, the newest first."""
    wanted = select(ReportMail, User).join(User, User.id == ReportMail.user_id)
    of_it = wanted.where(ReportMail.schedule_id == schedule_id)
    rows = await session.execute(of_it.order_by(ReportMail.due_at.desc(), ReportMail.id.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]

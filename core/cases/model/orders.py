"""Rows of creditors, their placements and the stages work passes through."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.cases.model.vocabulary import Jurisdiction
from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime


class Creditor(Base):
    """A client of the agency. ``party_id`` is its organisation.

    ``jurisdiction`` decides the contact law unless the case says otherwise; ``region`` (ISO 3166) reads phones written
    in the national form. ``own_numbers`` are the agency's E.164 numbers that may be shown for it, ``recording_notice``
    and ``script`` (steps) are read to the debtor. ``import_mapping`` is the last column mapping of its registries.
    ``scheme_key`` names the scheme its debtors' payments are settled by (None: the one of the jurisdiction),
    ``interest_group_id`` how new claims of it bear interest.
    """

    __tablename__ = "creditors"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    jurisdiction: Mapped[str] = mapped_column(String(4), default=Jurisdiction.NONE)
    region: Mapped[str] = mapped_column(String(2), default="RU")
    currency: Mapped[str] = mapped_column(String(3))
    own_numbers: Mapped[list[str]] = mapped_column(JSON, default=list)
    recording_notice: Mapped[str] = mapped_column(Text, default="")
    script: Mapped[list[str]] = mapped_column(JSON, default=list)
    import_mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    scheme_key: Mapped[str | None] = mapped_column(String(40))
    interest_group_id: Mapped[int | None] = mapped_column(ForeignKey("interest_groups.id"))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Order(Base):
    """A placement: the lot of cases a creditor handed over together. ``created_by_id`` is who entered it."""

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("creditor_id", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    number: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200), default="")
    placed_on: Mapped[date] = mapped_column()
    ends_on: Mapped[date | None] = mapped_column()
    note: Mapped[str] = mapped_column(String(500), default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Stage(Base):
    """A step of the work chain. ``script`` are the lines a collector follows in a talk, step by step."""

    __tablename__ = "stages"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column()
    active: Mapped[bool] = mapped_column(default=True)
    script: Mapped[list[str]] = mapped_column(JSON, default=list)

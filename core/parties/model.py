"""Rows of people and organisations, and the ways to reach them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime
from core.parties.search import make_searchable


class PartyKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


class IdKind(StrEnum):
    """Identifiers by which the same person is known again. ``OTHER`` is whatever the creditor calls an id."""

    INN = "inn"
    SNILS = "snils"
    RNOKPP = "rnokpp"
    EDRPOU = "edrpou"
    PESEL = "pesel"
    NIP = "nip"
    SSN = "ssn"
    PASSPORT = "passport"
    OTHER = "other"


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    HOME = "home"
    WORK = "work"
    RELATIVE = "relative"
    OTHER = "other"


class PhoneQuality(StrEnum):
    """What the calls so far have shown. ``CONFIRMED``: the right party answered there."""

    UNVERIFIED = "unverified"
    CONFIRMED = "confirmed"
    THIRD_PARTY = "third_party"
    WRONG = "wrong"
    NOT_IN_SERVICE = "not_in_service"
    FAX = "fax"
    NO_ANSWER = "no_answer"


class Consent(StrEnum):
    """Whether the owner agreed to be contacted there."""

    UNKNOWN = "unknown"
    GIVEN = "given"
    REFUSED = "refused"
    REVOKED = "revoked"


class AddressKind(StrEnum):
    REGISTERED = "registered"
    HOME = "home"
    WORK = "work"
    POSTAL = "postal"


class ContactQuality(StrEnum):
    """What is known of an address or e-mail."""

    UNVERIFIED = "unverified"
    CONFIRMED = "confirmed"
    WRONG = "wrong"


class Party(Base):
    """A person or an organisation.

    ``name`` is how it is shown; ``name_key`` is the same for every way of writing it
    (:func:`core.parties.rules.name_key`) and links the same person across registries together with ``birth_date``.
    ``timezone`` is what the party said or the creditor knows (IANA), stronger than any guess from a number.
    ``parent_id`` builds trees of organisations. ``search_text`` holds names, ids, phones and e-mails, folded.
    """

    __tablename__ = "parties"
    __table_args__ = (
        Index("ix_parties_name_key_birth_date", "name_key", "birth_date"),
        Index("ix_parties_name", "name", "id"),
        Index("ix_parties_birth_date", "birth_date"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(300))
    surname: Mapped[str | None] = mapped_column(String(120))
    given_name: Mapped[str | None] = mapped_column(String(120))
    middle_name: Mapped[str | None] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(300))
    birth_date: Mapped[date | None] = mapped_column()
    language: Mapped[str | None] = mapped_column(String(2))
    timezone: Mapped[str | None] = mapped_column(String(64))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"), index=True)
    search_text: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PartyId(Base):
    """An identifier of a party, written without spaces and dashes. One identifier belongs to one party."""

    __tablename__ = "party_ids"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(60))


class Phone(Base):
    """A number at which a party can be reached.

    ``number`` is the E.164 digits as an integer and ``tail`` the last nine of them: the two ways a caller is looked up.
    ``e164`` is what is shown and dialled. ``label`` says whose it is when it is not the party's own (a mother's, a
    desk's). ``attempts`` and ``contacts`` count outbound tries and answered talks.
    """

    __tablename__ = "phones"
    __table_args__ = (UniqueConstraint("number", "party_id"), Index("ix_phones_tail", "tail"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id", ondelete="CASCADE"), index=True)
    number: Mapped[int] = mapped_column(BigInteger)
    tail: Mapped[int | None] = mapped_column(BigInteger)
    e164: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(10), default=PhoneKind.MOBILE)
    label: Mapped[str | None] = mapped_column(String(120))
    quality: Mapped[str] = mapped_column(String(14), default=PhoneQuality.UNVERIFIED)
    consent: Mapped[str] = mapped_column(String(8), default=Consent.UNKNOWN)
    consent_on: Mapped[date | None] = mapped_column()
    consent_basis: Mapped[str | None] = mapped_column(String(200))
    source: Mapped[str | None] = mapped_column(String(120))
    timezone: Mapped[str | None] = mapped_column(String(64))
    last_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    contacts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Address(Base):
    """A postal address as one line, with the parts that rules need apart."""

    __tablename__ = "addresses"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10), default=AddressKind.HOME)
    text: Mapped[str] = mapped_column(String(500))
    country: Mapped[str | None] = mapped_column(String(2))
    region: Mapped[str | None] = mapped_column(String(120))
    postcode: Mapped[str | None] = mapped_column(String(12))
    quality: Mapped[str] = mapped_column(String(10), default=ContactQuality.UNVERIFIED)
    source: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Email(Base):
    """An e-mail address, in lower case."""

    __tablename__ = "emails"
    __table_args__ = (UniqueConstraint("address", "party_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(254))
    quality: Mapped[str] = mapped_column(String(10), default=ContactQuality.UNVERIFIED)
    consent: Mapped[str] = mapped_column(String(8), default=Consent.UNKNOWN)
    source: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


PARTIES = Party.__table__
assert isinstance(PARTIES, Table)
make_searchable(PARTIES)

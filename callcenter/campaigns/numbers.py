"""The numbers a case may be reached at, with what is known of each."""

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.model import CampaignAttempt
from callcenter.campaigns.rules import NOT_IN_SERVICE, Number
from core.cases.model import LIABLE, CaseParty
from core.parties.model import Phone, PhoneKind, PhoneQuality

_NOT_RUNG = (PhoneQuality.WRONG, PhoneQuality.NOT_IN_SERVICE, PhoneQuality.FAX, PhoneQuality.THIRD_PARTY)


async def numbers_of(session: AsyncSession, case_id: int, entry_id: int) -> list[Number]:
    """The numbers of those who owe, with this campaign's own attempts at each."""
    tried: dict[str, tuple[int, bool]] = {}
    made = select(
        CampaignAttempt.phone, func.count(), func.sum(case((CampaignAttempt.outcome == NOT_IN_SERVICE, 1), else_=0))
    )
    own = made.where(CampaignAttempt.entry_id == entry_id).group_by(CampaignAttempt.phone)
    for phone, count, dead in await session.execute(own):
        tried[phone] = count, bool(dead)
    rows = await session.execute(
        select(Phone)
        .join(CaseParty, CaseParty.party_id == Phone.party_id)
        .where(CaseParty.case_id == case_id, CaseParty.role.in_(LIABLE), Phone.quality.not_in(_NOT_RUNG))
        .order_by(CaseParty.id, Phone.id)
    )
    return [
        Number(
            party_id=row.party_id,
            phone=row.e164,
            confirmed=row.quality == PhoneQuality.CONFIRMED,
            mobile=row.kind == PhoneKind.MOBILE,
            attempts=row.attempts,
            contacts=row.contacts,
            tried=tried.get(row.e164, (0, False))[0],
            dead=tried.get(row.e164, (0, False))[1],
        )
        for row in rows.scalars()
    ]

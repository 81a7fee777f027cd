"""The reasons contact law gives, as texts that wait for their language."""

from callcenter.compliance.law.days import DayType
from callcenter.compliance.law.terms import BlockKind, Counts, Limit, Opening, WindowKind
from core.kernel.i18n import Message, mark, msg

_SPENT: dict[tuple[Counts, WindowKind], str] = {
    (Counts.ATTEMPT, WindowKind.DAY): mark("Contacts today: {used} of at most {max}."),
    (Counts.ATTEMPT, WindowKind.WEEK): mark("Contacts this week: {used} of at most {max}."),
    (Counts.ATTEMPT, WindowKind.MONTH): mark("Contacts this month: {used} of at most {max}."),
    (Counts.ATTEMPT, WindowKind.ROLLING): mark("Contacts in {days} days in a row: {used} of at most {max}."),
    (Counts.CONVERSATION, WindowKind.DAY): mark("Conversations today: {used} of at most {max}."),
    (Counts.CONVERSATION, WindowKind.WEEK): mark("Conversations this week: {used} of at most {max}."),
    (Counts.CONVERSATION, WindowKind.MONTH): mark("Conversations this month: {used} of at most {max}."),
    (Counts.CONVERSATION, WindowKind.ROLLING): mark("Conversations in {days} days in a row: {used} of at most {max}."),
    (Counts.UNANSWERED, WindowKind.DAY): mark("Unanswered calls today: {used} of at most {max}."),
    (Counts.UNANSWERED, WindowKind.WEEK): mark("Unanswered calls this week: {used} of at most {max}."),
    (Counts.UNANSWERED, WindowKind.MONTH): mark("Unanswered calls this month: {used} of at most {max}."),
    (Counts.UNANSWERED, WindowKind.ROLLING): mark("Unanswered calls in {days} days in a row: {used} of at most {max}."),
}

_HOURS: dict[DayType, str] = {
    DayType.WORKING: mark(
        "It is {clock} where the debtor is; on working days contact is allowed from {opens} to {closes}."
    ),
    DayType.WEEKEND: mark(
        "It is {clock} where the debtor is; on days of rest contact is allowed from {opens} to {closes}."
    ),
    DayType.HOLIDAY: mark(
        "It is {clock} where the debtor is; on holidays contact is allowed from {opens} to {closes}."
    ),
}

_CLOSED: dict[DayType, str] = {
    DayType.WORKING: mark("No contact is allowed today."),
    DayType.WEEKEND: mark("It is a day of rest where the debtor is: no contact is allowed."),
    DayType.HOLIDAY: mark("It is a public holiday where the debtor is: no contact is allowed."),
}

_BLOCKS: dict[BlockKind, str] = {
    BlockKind.DO_NOT_CALL: mark("This number or person is on the do-not-call list."),
    BlockKind.CONSENT_REFUSED: mark("Consent to this contact was refused."),
    BlockKind.CONSENT_REVOKED: mark("Consent to this contact was withdrawn."),
    BlockKind.REPRESENTED: mark("The debtor is represented: only the representative may be contacted."),
    BlockKind.REFUSED_CONTACT: mark("The debtor has refused direct contact."),
    BlockKind.BANKRUPT: mark("The debtor is in bankruptcy proceedings."),
    BlockKind.DECEASED: mark("The debtor has died."),
    BlockKind.MINOR: mark("The debtor is a minor."),
    BlockKind.INCAPABLE: mark("The debtor is legally incapable or of limited capacity."),
    BlockKind.HOSPITAL: mark("The debtor is in hospital."),
    BlockKind.DISABLED_GROUP_1: mark("The debtor has a disability of group I."),
    BlockKind.INVALID_PHONE: mark("This phone is wrong or not in service."),
    BlockKind.THIRD_PARTY: mark("This phone belongs to somebody else who has not consented."),
    BlockKind.CASE_CLOSED: mark("The case is closed."),
    BlockKind.CASE_SUSPENDED: mark("The case is suspended."),
    BlockKind.NOTHING_OWED: mark("All of the debt is paid."),
    BlockKind.PAUSE: mark("A rest from calls was agreed in the last talk."),
}


def clock_text(minute: int) -> str:
    """A minute of the day as ``HH:MM``."""
    return f"{minute // 60:02}:{minute % 60:02}"


def tally(limit: Limit, used: int) -> Message:
    """How far a limit is used up."""
    text = _SPENT[limit.counts, limit.window.kind]
    return Message(text, {"used": used, "max": limit.maximum, "days": limit.window.days})


def spent(limit: Limit, used: int) -> Message:
    """Why a limit denies."""
    if limit.inbound and limit.maximum == 1:
        return msg("There was a conversation within the last {days} days.", days=limit.window.days)
    return tally(limit, used)


def outside_hours(day: DayType, opening: Opening | None, minute: int) -> Message:
    """Why hours deny at that minute of the local day."""
    if opening is None:
        return Message(_CLOSED[day])
    times = {"opens": opening.opens, "closes": opening.closes, "clock": minute}
    return Message(_HOURS[day], {name: clock_text(value) for name, value in times.items()})


def blocked(kind: BlockKind) -> Message:
    """Why a block denies."""
    return Message(_BLOCKS[kind])

"""How a leg's ringing ended, from Asterisk's DIALSTATUS and the Q.850 cause."""

from callcenter.calls.facts import LegOutcome

_BY_CAUSE = {
    17: LegOutcome.BUSY,
    21: LegOutcome.REJECTED,
    26: LegOutcome.CANCELLED,
}
"""Causes that say more than the status: user busy, call rejected, answered elsewhere."""

_BY_STATUS = {
    "ANSWER": LegOutcome.ANSWERED,
    "NOANSWER": LegOutcome.NO_ANSWER,
    "BUSY": LegOutcome.BUSY,
    "CANCEL": LegOutcome.CANCELLED,
    "CHANUNAVAIL": LegOutcome.FAILED,
    "CONGESTION": LegOutcome.FAILED,
}

_WITHOUT_STATUS = {
    0: LegOutcome.CANCELLED,
    16: LegOutcome.CANCELLED,
    18: LegOutcome.NO_ANSWER,
    19: LegOutcome.NO_ANSWER,
    127: LegOutcome.CANCELLED,
}
"""For a leg nobody reported a status of: normal clearing or no cause is a caller who gave up, 18 and 19 no answer."""

_BY_REASON = {1: 19, 3: 19, 5: 17, 8: 34}
"""Q.850 causes for the ``Reason`` of ``OriginateResponse``: no answer (1, 3), busy, congestion."""

_ABSENT = 20


def of_status(status: str) -> LegOutcome:
    """The outcome when ringing ends, before a cause is known."""
    return _BY_STATUS.get(status, LegOutcome.FAILED)


def of_unanswered(status: str | None, cause: int | None) -> LegOutcome:
    """The outcome of a leg that was hung up before anybody answered it."""
    if cause in _BY_CAUSE:
        return _BY_CAUSE[cause]
    if status is not None and status != "ANSWER":
        return of_status(status)
    return _WITHOUT_STATUS.get(cause or 0, LegOutcome.FAILED)


def of_order(reason: int) -> int:
    """The Q.850 cause of an order that never got a channel, from the ``Reason`` of its ``OriginateResponse``."""
    return _BY_REASON.get(reason, _ABSENT)

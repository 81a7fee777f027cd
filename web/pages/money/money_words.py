"""How payments, accounts and schemes read on screen: words and icons."""

from collections.abc import Mapping
from decimal import Decimal

from core.kernel.i18n import Message, msg
from core.payments.model import AccountKind, PaymentState, Source
from core.payments.rules.schemes import SHIPPED_NAMES, Scope, Split, When
from core.payments.service.effects import MoveKind
from web.pages.listing import State, Text, Tone

_WAITING = State(word=msg("in suspense"), icon="hourglass", tone=Tone.ACT)
_PARTLY = State(word=msg("partly settled"), icon="circle-half-2", tone=Tone.ALERT)
#: States as they are kept; :func:`payment_state` tells a payment that is partly settled from one that waits.
PAYMENT_STATES: Mapping[str, State] = {
    PaymentState.POSTED: _WAITING,
    PaymentState.SETTLED: State(word=msg("settled"), icon="circle-check", tone=Tone.LIVE),
    PaymentState.REVERSED: State(word=msg("reversed"), icon="arrow-back-up", tone=Tone.LAW),
}
STANDING = State(word=msg("stands"), icon="circle-check", tone=Tone.LIVE)
WITHDRAWN = State(word=msg("withdrawn"), icon="arrow-back-up", tone=Tone.LAW)
MIRROR = State(word=msg("taken back"), icon="arrow-back-up", tone=Tone.LAW)
#: What the time line says of money that came on a case or went again.
MOVES: Mapping[str, Message] = {
    MoveKind.SETTLED: msg("{amount} came in"),
    MoveKind.WITHDRAWN: msg("{amount} withdrawn"),
    MoveKind.REVERSED: msg("{amount} reversed"),
}
SOURCES: Mapping[str, Message] = {
    Source.MANUAL: msg("entered by hand"),
    Source.STATEMENT: msg("bank statement"),
    Source.CASH: msg("cash"),
    Source.API: msg("another system"),
}
ACCOUNT_KINDS: Mapping[str, Message] = {
    AccountKind.BANK: msg("bank account"),
    AccountKind.CASH: msg("cash desk"),
    AccountKind.DIRECT: msg("the creditor's own account"),
}
SCOPES: Mapping[str, Message] = {
    Scope.CLAIM: msg("claim by claim"),
    Scope.CONTRACT: msg("contract by contract"),
    Scope.POOL: msg("all claims together"),
}
SPLITS: Mapping[str, Message] = {
    Split.SEQUENTIAL: msg("one after the other"),
    Split.PRO_RATA: msg("in proportion to what is open"),
}
WHENS: Mapping[str, Message] = {
    When.ANY: msg("due or not"),
    When.OVERDUE: msg("overdue"),
    When.CURRENT: msg("not yet due"),
}


def payment_state(state: str, settled: Decimal) -> State:
    """The state of a payment as it reads: something settled and something left is neither of the two."""
    return _PARTLY if state == PaymentState.POSTED and settled else PAYMENT_STATES[state]


def scheme_name(key: str, name: str) -> Text:
    """A shipped scheme in the reader's language, an own one as it was named."""
    return SHIPPED_NAMES.get(key, name)

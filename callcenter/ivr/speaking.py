"""What is read out to a caller, as words of his language. Pure."""

from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency

from callcenter.ivr.flow import Prompt
from callcenter.ivr.walk import Line
from core.kernel.i18n import Message, translator
from core.kernel.money import Money


def recording(line: Line) -> str | None:
    """The name of the own recording that says it, if it is one."""
    return line.what.sounds.get(line.language) if isinstance(line.what, Prompt) else None


def words(line: Line) -> str:
    """The whole sentence, its sums and days in the grammar of the language."""
    if isinstance(line.what, Prompt):
        return line.what.texts.get(line.language, "").strip()
    return translator(line.language).render(_worded(line.what, line.language))


def is_about_somebody(line: Line) -> bool:
    """Whether the sentence holds anything of one caller's own."""
    return isinstance(line.what, Message) and bool(line.what.params)


def _worded(text: Message, language: str) -> Message:
    params = {name: _value(value, language) for name, value in text.params.items()}
    return Message(text.msgid, params, text.plural, text.count)


def _value(value: object, language: str) -> object:
    if isinstance(value, Money):
        return _sum(value.rounded(), language)
    if isinstance(value, date):
        return format_date(value, "d MMMM y", locale=language)
    return _worded(value, language) if isinstance(value, Message) else value


def _sum(money: Money, language: str) -> str:
    """With the currency's name; hundredths only where there are any, and no separators a voice stumbles over."""
    whole = money.amount == money.amount.to_integral_value()
    amount = money.amount.quantize(Decimal(1)) if whole else money.amount
    return format_currency(
        amount,
        money.currency,
        format="0" if whole else "0.00",
        locale=language,
        format_type="name",
        currency_digits=False,
        group_separator=False,
    )

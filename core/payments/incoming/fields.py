"""What the columns of a table of payments can mean, and who may bring payments in."""

from core.importing.rights import Door
from core.importing.targets import Target
from core.kernel.i18n import mark, msg
from core.payments import rights

DOOR = Door("payments", rights.IMPORT)

_TARGETS = (
    Target(
        "value_on",
        msg("Value date"),
        (
            *("дата", "дата платежа", "дата операции", "дата поступления", "дата проводки", "дата оплаты"),
            *("дата платежу", "дата операції", "data", "data operacji", "data wpłaty", "data waluty"),
            *("date", "value date", "payment date", "paid on"),
        ),
        required=True,
    ),
    Target("booked_on", msg("Booked on"), ("дата зачисления", "data księgowania", "booking date", "booked on")),
    Target(
        "amount",
        msg("Sum"),
        (
            *("сумма", "сумма платежа", "сумма операции", "поступило", "приход", "кредит", "зачислено", "оплачено"),
            *("сума", "сума платежу", "надходження", "kwota", "kwota wpłaty", "kwota operacji", "uznania"),
            *("amount", "sum", "credit", "paid"),
        ),
        required=True,
    ),
    Target("currency", msg("Currency"), ("валюта", "waluta", "currency")),
    Target(
        "account",
        msg("Our account"),
        ("наш счет", "счет получателя", "рахунок отримувача", "nasze konto", "rachunek odbiorcy", "our account"),
    ),
    Target(
        "doc_no",
        msg("Document no."),
        (
            *("номер документа", "номер платежа", "№ документа", "№ п/п", "номер п/п", "номер платежного поручения"),
            *("nr dokumentu", "nr operacji", "document no", "payment no", "reference", "transaction id"),
        ),
    ),
    Target(
        "payer_name",
        msg("Payer"),
        (
            *("плательщик", "наименование плательщика", "фио", "фио плательщика", "от кого", "контрагент"),
            *(
                "платник",
                "піб",
                "nadawca",
                "wpłacający",
                "nazwa nadawcy",
                "kontrahent",
                "payer",
                "payer name",
                "sender",
            ),
        ),
    ),
    Target(
        "payer_account",
        msg("Payer's account"),
        ("счет плательщика", "рахунок платника", "rachunek nadawcy", "konto nadawcy", "payer account", "iban"),
    ),
    Target(
        "payer_tax_id",
        msg("Payer's tax number"),
        ("инн", "инн плательщика", "рнокпп", "єдрпоу", "pesel", "nip", "tax id", "tax number"),
    ),
    Target(
        "purpose",
        msg("Purpose"),
        (
            *("назначение", "назначение платежа", "основание", "комментарий", "призначення", "призначення платежу"),
            *("tytuł", "tytułem", "opis", "opis operacji", "purpose", "description", "details", "memo"),
        ),
    ),
    Target(
        "case_number",
        msg("Case no."),
        (
            *("номер дела", "дело", "№ дела", "номер договора", "договор", "№ договора", "лицевой счет"),
            *("номер справи", "номер договору", "nr sprawy", "numer sprawy", "nr umowy", "sygnatura"),
            *("case", "case no", "case number", "contract", "contract no", "claim no"),
        ),
    ),
)
TARGETS = {target.key: target for target in _TARGETS}

#: The columns of a statement in the file that goes back; texts to translate.
HEADINGS = (
    mark("Place"),
    mark("Our account"),
    mark("Value date"),
    mark("Booked on"),
    mark("Direction"),
    mark("Sum"),
    mark("Currency"),
    mark("Document no."),
    mark("Payer"),
    mark("Payer's account"),
    mark("Payer's tax number"),
    mark("Purpose"),
)

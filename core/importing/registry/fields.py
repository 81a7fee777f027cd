"""What a column of a registry can mean, and the headings by which creditors name it in four languages."""

from collections.abc import Mapping

from core.cases.model import COMPONENTS
from core.importing.targets import Target
from core.kernel.i18n import msg
from core.parties.model import IdKind

_ALL = (
    Target(
        "number",
        msg("Case no."),
        (
            *("case", "case no", "case number", "external id", "account", "account no", "file no", "reference"),
            *("номер дела", "№ дела", "дело", "внешний номер", "внешний id", "номер кейса", "лицевой счет", "id"),
            *("номер справи", "№ справи", "справа", "зовнішній номер", "особовий рахунок"),
            *("numer sprawy", "nr sprawy", "sprawa", "sygnatura", "numer zewnetrzny", "nr konta"),
        ),
        required=True,
    ),
    Target(
        "name",
        msg("Debtor's name"),
        (
            *("debtor", "name", "full name", "debtor name", "customer", "borrower"),
            *("должник", "фио", "фио должника", "ф и о", "заемщик", "наименование", "клиент", "имя должника"),
            *("боржник", "піб", "піб боржника", "п і б", "позичальник", "найменування"),
            *("dluznik", "imie i nazwisko", "nazwisko i imie", "nazwa", "nazwa dluznika", "kontrahent", "klient"),
        ),
    ),
    Target(
        "surname",
        msg("Surname"),
        ("surname", "last name", "family name", "фамилия", "прізвище", "nazwisko"),
    ),
    Target("given_name", msg("Given name"), ("first name", "given name", "имя", "ім'я", "імя", "imie")),
    Target(
        "middle_name",
        msg("Middle name"),
        ("middle name", "patronymic", "отчество", "по батькові", "drugie imie"),
    ),
    Target(
        "birth_date",
        msg("Birth date"),
        (
            *("birth date", "date of birth", "dob", "birthday", "дата рождения", "д р", "день рождения"),
            *("дата народження", "data urodzenia"),
        ),
    ),
    Target("inn", msg("INN"), ("инн", "inn", "инн должника")),
    Target("snils", msg("SNILS"), ("снилс", "snils")),
    Target("rnokpp", msg("RNOKPP"), ("рнокпп", "ипн", "іпн", "rnokpp", "ідентифікаційний код")),
    Target("edrpou", msg("EDRPOU"), ("едрпоу", "єдрпоу", "edrpou")),
    Target("pesel", msg("PESEL"), ("pesel", "песель")),
    Target("nip", msg("NIP"), ("nip",)),
    Target("ssn", msg("SSN"), ("ssn", "social security number", "social security no")),
    Target(
        "passport",
        msg("Passport"),
        (
            *("passport", "passport no", "id document", "паспорт", "серия и номер паспорта", "паспортные данные"),
            *("номер паспорта", "паспортні дані", "paszport", "dowod osobisty", "nr dowodu"),
        ),
    ),
    Target(
        "phone",
        msg("Phones (mobile)"),
        (
            *("phone", "phones", "mobile", "mobile phone", "cell", "telephone", "phone number", "contact phone"),
            *("телефон", "телефоны", "мобильный", "мобильный телефон", "контактный телефон", "номер телефона", "тел"),
            *("телефони", "мобільний", "мобільний телефон", "номер телефону", "контактний телефон"),
            *("telefon", "telefony", "telefon komorkowy", "komorka", "nr telefonu", "numer telefonu"),
        ),
        many=True,
    ),
    Target(
        "home_phone",
        msg("Phones (home)"),
        ("home phone", "домашний телефон", "домашній телефон", "telefon domowy"),
        many=True,
    ),
    Target(
        "work_phone",
        msg("Phones (work)"),
        ("work phone", "office phone", "рабочий телефон", "робочий телефон", "telefon sluzbowy", "telefon do pracy"),
        many=True,
    ),
    Target(
        "address",
        msg("Address"),
        (
            *("address", "home address", "адрес", "адрес проживания", "адрес регистрации", "фактический адрес"),
            *("адреса", "адреса проживання", "адреса реєстрації", "adres", "adres zamieszkania", "ulica"),
        ),
        many=True,
    ),
    Target("region", msg("Region"), ("region", "state", "регион", "область", "регіон", "wojewodztwo", "субъект рф")),
    Target(
        "postcode",
        msg("Postcode"),
        ("postcode", "zip", "zip code", "postal code", "индекс", "почтовый индекс", "індекс", "kod pocztowy"),
    ),
    Target(
        "email",
        msg("E-mail"),
        (
            "email",
            "e mail",
            "mail",
            "почта",
            "эл почта",
            "электронная почта",
            "електронна пошта",
            "пошта",
            "adres email",
        ),
        many=True,
    ),
    Target("language", msg("Language"), ("language", "язык", "мова", "jezyk")),
    Target("timezone", msg("Time zone"), ("time zone", "timezone", "часовой пояс", "часовий пояс", "strefa czasowa")),
    Target(
        "claim",
        msg("Claim no."),
        (
            *("claim", "claim no", "invoice", "invoice no", "номер требования", "№ требования", "счет", "номер счета"),
            *(
                "номер вимоги",
                "рахунок",
                "nr wierzytelnosci",
                "wierzytelnosc",
                "nr faktury",
                "faktura",
                "numer faktury",
            ),
        ),
    ),
    Target(
        "contract_no",
        msg("Contract no."),
        (
            *("contract", "contract no", "contract number", "agreement", "agreement no", "loan no"),
            *("договор", "номер договора", "№ договора", "кредитный договор", "договір", "номер договору"),
            *("№ договору", "umowa", "numer umowy", "nr umowy"),
        ),
    ),
    Target(
        "contract_on",
        msg("Contract date"),
        (
            *("contract date", "agreement date", "дата договора", "дата договору", "data umowy"),
            *("дата заключения договора", "дата выдачи", "дата укладення договору", "data zawarcia umowy"),
        ),
    ),
    Target(
        "due_on",
        msg("Due date"),
        (
            *("due date", "due", "overdue since", "default date", "срок оплаты", "дата просрочки", "дата платежа"),
            *("дата выхода на просрочку", "термін сплати", "дата прострочення", "строк оплати"),
            *("termin platnosci", "data wymagalnosci", "wymagalnosc"),
        ),
    ),
    Target(
        "limitation_on",
        msg("Time-barred from"),
        ("limitation date", "срок исковой давности", "строк позовної давності", "data przedawnienia", "przedawnienie"),
    ),
    Target(
        "principal",
        msg("Principal"),
        (
            *("principal", "debt", "amount", "debt amount", "principal amount", "balance", "overdue amount"),
            *("основной долг", "долг", "сумма", "сумма долга", "од", "тело", "тело кредита", "задолженность"),
            *("основний борг", "борг", "сума", "сума боргу", "тіло кредиту", "заборгованість"),
            *("kapital", "kwota", "kwota glowna", "naleznosc glowna", "zadluzenie", "kwota dlugu"),
        ),
    ),
    Target(
        "contractual_interest",
        msg("Interest"),
        ("interest", "проценты", "сумма процентов", "відсотки", "проценти", "odsetki", "odsetki umowne"),
    ),
    Target(
        "statutory_interest",
        msg("Statutory interest"),
        (
            *("statutory interest", "interest by law", "проценты по закону", "проценты по ст 395", "законные проценты"),
            *("проценты за пользование чужими деньгами", "проценти за законом", "3 річних", "три проценти річних"),
            *("відсотки за законом", "odsetki ustawowe", "odsetki ustawowe za opoznienie"),
        ),
    ),
    Target(
        "penalty",
        msg("Penalty"),
        (
            *("penalty", "default interest", "fine", "пени", "штраф", "штрафы", "неустойка", "пеня", "штрафи"),
            *("kara", "kara umowna", "odsetki karne", "odsetki za opoznienie"),
        ),
    ),
    Target(
        "creditor_fees",
        msg("Creditor's fees"),
        ("fees", "fee", "commission", "комиссия", "комиссии", "комісія", "oplaty", "prowizja"),
    ),
    Target(
        "court_costs",
        msg("Court costs"),
        (
            *("court costs", "court fee", "госпошлина", "судебные расходы", "судовий збір", "судові витрати"),
            *("koszty sadowe", "oplata sadowa"),
        ),
    ),
    Target(
        "agency_fees",
        msg("Agency fees"),
        ("agency fee", "agency fees", "вознаграждение агентства", "koszty windykacji"),
    ),
    Target("currency", msg("Currency"), ("currency", "валюта", "waluta")),
    Target(
        "guarantor_name",
        msg("Guarantor's name"),
        ("guarantor", "surety", "поручитель", "поручник", "поручитель фио", "poreczyciel"),
    ),
    Target(
        "guarantor_phone",
        msg("Guarantor's phones"),
        ("guarantor phone", "телефон поручителя", "телефон поручника", "telefon poreczyciela"),
        many=True,
    ),
    Target(
        "relative_name",
        msg("Relative's or contact's name"),
        (
            "relative",
            "contact person",
            "родственник",
            "контактное лицо",
            "родич",
            "контактна особа",
            "osoba kontaktowa",
        ),
    ),
    Target(
        "relative_phone",
        msg("Relative's or contact's phones"),
        (
            *("relative phone", "contact person phone", "телефон родственника", "телефон контактного лица"),
            *("телефон родича", "телефон контактної особи", "telefon osoby kontaktowej"),
        ),
        many=True,
    ),
    Target(
        "relation",
        msg("How the relative is related"),
        ("relation", "relationship", "степень родства", "кем приходится", "ступінь споріднення", "pokrewienstwo"),
    ),
    Target("priority", msg("Priority"), ("priority", "приоритет", "пріоритет", "priorytet")),
    Target(
        "comment",
        msg("Comment"),
        ("comment", "note", "notes", "комментарий", "примечание", "коментар", "примітка", "uwagi", "komentarz"),
    ),
)

TARGETS: Mapping[str, Target] = {target.key: target for target in _ALL}
#: Which identifier each column of identifiers holds.
ID_TARGETS: Mapping[str, IdKind] = {kind.value: kind for kind in IdKind if kind is not IdKind.OTHER}
AMOUNT_TARGETS = COMPONENTS

"""The invented registry: numbers from ranges that are reserved for fiction or were never given out."""

from dataclasses import dataclass
from decimal import Decimal

from core.cases.model import Jurisdiction, PartyRole
from core.cases.service.creditors import CreditorData
from core.parties.model import IdKind

CREDITORS = (
    CreditorData(
        name="Severny Bereg Microfinance",
        jurisdiction=Jurisdiction.RU,
        region="RU",
        currency="RUB",
        own_numbers=("+74990000100", "+74990000101"),
        recording_notice="Разговор записывается.",
        script=("Назовите себя и кредитора.", "Убедитесь, что говорите с должником.", "Назовите сумму и срок."),
    ),
    CreditorData(
        name="Dniprovskyi Svitanok Finance",
        jurisdiction=Jurisdiction.UA,
        region="UA",
        currency="UAH",
        own_numbers=("+380440000100",),
        recording_notice="Розмова записується.",
        script=("Назвіть себе та кредитора.", "Переконайтеся, що говорите з боржником.", "Назвіть суму та строк."),
    ),
    CreditorData(
        name="Zielony Most Telekom",
        jurisdiction=Jurisdiction.PL,
        region="PL",
        currency="PLN",
        own_numbers=("+48220000100",),
        recording_notice="Rozmowa jest nagrywana.",
        script=(
            "Przedstaw się i podaj wierzyciela.",
            "Upewnij się, że rozmawiasz z dłużnikiem.",
            "Podaj kwotę i termin.",
        ),
    ),
    CreditorData(
        name="Blue Prairie Utilities",
        jurisdiction=Jurisdiction.US,
        region="US",
        currency="USD",
        own_numbers=("+12025550100",),
        recording_notice="This call is recorded. This is an attempt to collect a debt.",
        script=("Say your name and the creditor's.", "Make sure you talk to the right person.", "Name sum and date."),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where some debtors live: their creditor, zone, the beginning of their numbers, and how they are named."""

    creditor: int
    zone: str
    language: str
    city: str
    prefix: str
    id_kind: IdKind
    surnames: tuple[str, ...]
    given: tuple[str, ...]


_RU_SURNAMES = ("Травников", "Озеров", "Полевой", "Ветров", "Снегирёв", "Камышин")
_RU_GIVEN = ("Демид Ильич", "Захар Львович", "Мирон Олегович", "Платон Егорович", "Савва Юрьевич", "Тихон Марков")
_UA_SURNAMES = ("Вербовий", "Калинюк", "Степовий", "Ясенчук", "Джерелюк", "Хмаренко")
_UA_GIVEN = (
    "Остап Ігорович",
    "Лесь Богданович",
    "Марко Тарасович",
    "Юрій Орестович",
    "Зеновій Ількович",
    "Ґудзь Назар",
)
_PL_SURNAMES = ("Brzozowy", "Jeziorny", "Łąkowski-Demo", "Polański-Demo", "Rzeczny", "Wietrzny")
_PL_GIVEN = ("Gniewko", "Jarosława", "Mścisław", "Ziemowit", "Bożydar", "Świętosława")
_US_SURNAMES = ("Meadowlark", "Riverbend", "Stonewell", "Applegrove", "Windermoor", "Foxhollow")
_US_GIVEN = ("Alder", "Briony", "Cormac", "Delphine", "Everard", "Fenella")

#: Round the clock: at any hour somewhere it is a lawful hour of a working day. Six debtors live in each place.
PLACES = (
    Place(
        creditor=0,
        zone="Europe/Kaliningrad",
        language="ru",
        city="Калининград",
        prefix="+7900000010",
        id_kind=IdKind.INN,
        surnames=_RU_SURNAMES,
        given=_RU_GIVEN,
    ),
    Place(
        creditor=0,
        zone="Europe/Moscow",
        language="ru",
        city="Москва",
        prefix="+7900000011",
        id_kind=IdKind.INN,
        surnames=_RU_SURNAMES,
        given=_RU_GIVEN,
    ),
    Place(
        creditor=0,
        zone="Asia/Yekaterinburg",
        language="ru",
        city="Екатеринбург",
        prefix="+7900000012",
        id_kind=IdKind.INN,
        surnames=_RU_SURNAMES,
        given=_RU_GIVEN,
    ),
    Place(
        creditor=0,
        zone="Asia/Irkutsk",
        language="ru",
        city="Иркутск",
        prefix="+7900000013",
        id_kind=IdKind.INN,
        surnames=_RU_SURNAMES,
        given=_RU_GIVEN,
    ),
    Place(
        creditor=0,
        zone="Asia/Kamchatka",
        language="ru",
        city="Петропавловск-Камчатский",
        prefix="+7900000014",
        id_kind=IdKind.INN,
        surnames=_RU_SURNAMES,
        given=_RU_GIVEN,
    ),
    Place(
        creditor=1,
        zone="Europe/Kyiv",
        language="uk",
        city="Київ",
        prefix="+38050000010",
        id_kind=IdKind.RNOKPP,
        surnames=_UA_SURNAMES,
        given=_UA_GIVEN,
    ),
    Place(
        creditor=2,
        zone="Europe/Warsaw",
        language="pl",
        city="Warszawa",
        prefix="+4850000010",
        id_kind=IdKind.PESEL,
        surnames=_PL_SURNAMES,
        given=_PL_GIVEN,
    ),
    Place(
        creditor=3,
        zone="America/New_York",
        language="en",
        city="New York",
        prefix="+1212555011",
        id_kind=IdKind.SSN,
        surnames=_US_SURNAMES,
        given=_US_GIVEN,
    ),
    Place(
        creditor=3,
        zone="America/Los_Angeles",
        language="en",
        city="Los Angeles",
        prefix="+1213555012",
        id_kind=IdKind.SSN,
        surnames=_US_SURNAMES,
        given=_US_GIVEN,
    ),
    Place(
        creditor=3,
        zone="Pacific/Honolulu",
        language="en",
        city="Honolulu",
        prefix="+1808555013",
        id_kind=IdKind.SSN,
        surnames=_US_SURNAMES,
        given=_US_GIVEN,
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Companion:
    """Somebody beside a debtor; ``number`` None shares the debtor's own telephone."""

    place: int
    index: int
    name: str
    role: PartyRole
    relation: str | None
    number: str | None


COMPANIONS = (
    Companion(
        place=1,
        index=0,
        name="Травникова Аглая Ильинична",
        role=PartyRole.RELATIVE,
        relation="сестра",
        number="+79000000190",
    ),
    Companion(
        place=1, index=1, name="Озеров Лука Захарович", role=PartyRole.GUARANTOR, relation=None, number="+79000000191"
    ),
    Companion(place=2, index=2, name="Полевая Злата Мироновна", role=PartyRole.RELATIVE, relation="дочь", number=None),
    Companion(
        place=5,
        index=0,
        name="Вербова Мокрина Остапівна",
        role=PartyRole.RELATIVE,
        relation="мати",
        number="+380500000190",
    ),
    Companion(
        place=6, index=3, name="Polańska-Demo Dobrawa", role=PartyRole.CO_DEBTOR, relation=None, number="+48500000190"
    ),
    Companion(
        place=7,
        index=4,
        name="Windermoor Greta",
        role=PartyRole.THIRD_PARTY,
        relation="neighbour",
        number="+12125550190",
    ),
)

#: Two debtors of different creditors answer at one number: the caller has to be asked who it is. (place, index) twice.
SHARED = ((3, 0), (4, 0))

PRINCIPALS = tuple(Decimal(amount) for amount in ("4800.00", "12350.50", "27990.00", "830.75", "61200.00", "9100.10"))

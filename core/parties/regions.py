"""From an address to the time zones that hold there, where a telephone prefix says nothing (mobiles)."""

from core.parties.zones import zones_of_country

_RUSSIA: dict[tuple[str, ...], tuple[str, ...]] = {
    ("Europe/Kaliningrad",): ("калининград",),
    ("Europe/Moscow",): (
        "москва", "московск", "санкт-петербург", "ленинград", "адыге", "дагестан", "ингуш", "кабардино", "калмык",
        "карачаев", "карели", "коми", "марий", "мордов", "осети", "татарстан", "чечен", "чечн", "чуваш", "краснодар",
        "ставропол", "архангел", "белгород", "брянск", "владимир", "волгоград", "вологод", "воронеж", "иванов", "калуж",
        "киров", "костром", "курск", "липецк", "мурманск", "ненецк", "нижегород", "новгород", "орлов", "пензен",
        "псков", "ростов", "рязан", "смолен", "тамбов", "твер", "тульск", "ярослав",
    ),
    ("Europe/Astrakhan",): ("астрахан",),
    ("Europe/Samara",): ("самар", "удмурт"),
    ("Europe/Saratov",): ("саратов",),
    ("Europe/Ulyanovsk",): ("ульянов",),
    ("Asia/Yekaterinburg",): (
        "башк", "курган", "оренбург", "перм", "коми-перм", "свердлов", "тюмен", "ханты", "челябин", "ямало-ненецк",
    ),
    ("Asia/Omsk",): ("омск",),
    ("Asia/Barnaul",): ("алтай",),
    ("Asia/Novosibirsk",): ("новосибир",),
    ("Asia/Tomsk",): ("томск",),
    ("Asia/Novokuznetsk",): ("кемеров", "кузбасс"),
    ("Asia/Krasnoyarsk",): ("красноярск", "тыва", "тува", "хакас"),
    ("Asia/Irkutsk",): ("иркут", "бурят"),
    ("Asia/Chita",): ("забайкал", "читинск"),
    ("Asia/Yakutsk",): ("амурск",),
    ("Asia/Yakutsk", "Asia/Ust-Nera", "Asia/Srednekolymsk"): ("якут",),
    ("Asia/Vladivostok",): ("приморск", "хабаров", "еврейск"),
    ("Asia/Magadan",): ("магадан",),
    ("Asia/Sakhalin",): ("сахалин",),
    ("Asia/Kamchatka",): ("камчат",),
    ("Asia/Anadyr",): ("чукот",),
}  # fmt: skip
"""Stems of the names of Russia's regions by zone. The longest stem that fits wins: "ямало-ненецк" beats "ненецк"."""

_BY_STEM = sorted(
    ((stem, zones) for zones, stems in _RUSSIA.items() for stem in stems), key=lambda pair: len(pair[0]), reverse=True
)


def zones_of_address(country: str | None, region: str | None) -> tuple[str, ...]:
    """The zones an address may lie in: those of a Russian region by its name, else those of the whole country (ISO 3166
    alpha-2); empty when neither is known."""
    if country in (None, "RU") and region:
        name = region.casefold().replace("ё", "е")
        for stem, zones in _BY_STEM:
            if stem in name:
                return zones
    return zones_of_country(country)

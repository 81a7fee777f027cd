"""Reports in the browser: what is asked for is shown, saved, printed, and opens the calls behind it."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from starlette.datastructures import QueryParams

from callcenter.app.adapters.figures import FloorFigures
from callcenter.calls.directory import ship_results
from callcenter.calls.model import Call
from callcenter.calls.recorded import Recordings
from callcenter.productivity.asking import By
from callcenter.productivity.model import RollupDay
from callcenter.productivity.ports import RawFigures
from callcenter.productivity.rollups import Rollups
from core.cases.model import Jurisdiction
from core.cases.service.creditors import CreditorData, add_creditor
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.i18n import translator
from core.kernel.uow import UnitOfWork
from tests.factories.people import PASSWORD, Cast
from tests.integration.web.test_floor import NoRecordings
from tests.plugins.web import WithState, _no_lifespan, browser
from web.pages.formats import day
from web.pages.reports.report_files import columns_of, printed
from web.pages.reports.report_view import read_report
from web.printing import Printer
from web.routes import ROUTES
from web.server import build
from web.state import Services


@pytest.fixture
async def reader(
    uow: UnitOfWork, clock: ManualClock, web_services: Services, cast: Cast
) -> AsyncIterator[httpx.AsyncClient]:
    """Anna's browser; she had five calls a minute ago, three of them answered, and Bella had one."""
    async with uow.write() as work:
        await ship_results(work)
        await work.session.flush()
        started = clock.now() - timedelta(minutes=1)
        for number in range(6):
            who = cast.users["bella"] if number == 5 else cast.users["anna"]
            work.session.add(
                Call(
                    id=number + 1,
                    server="lab",
                    direction="outbound",
                    phase="ended",
                    phone=f"+7900000000{number}",
                    started_at=started,
                    answered_at=started if number % 2 == 0 else None,
                    ended_at=clock.now(),
                    user_id=who,
                    talk_seconds=30 if number % 2 == 0 else 0,
                    result_code="RPC-PTP" if number == 0 else None,
                )
            )
    await Rollups(uow, FloorFigures()).catch_up()
    parts: dict[Any, Any] = {RawFigures: FloorFigures(), Recordings: NoRecordings(), Printer: Printer()}
    app = WithState(build(ROUTES, _no_lifespan), replace(web_services, parts=parts))
    async with browser(app) as client:
        assert (await client.post("/login", data={"login": "anna", "password": PASSWORD})).status_code == 303
        yield client


def link(page: str, text: str) -> str:
    """Where the figure that reads ``text`` leads."""
    found = re.search(rf'<a href="(/calls\?behind=[^"]+)"[^>]*>{re.escape(text)}</a>', page)
    assert found, text
    return html.unescape(found[1])


async def test_a_figure_opens_exactly_its_calls(reader: httpx.AsyncClient) -> None:
    page = (await reader.get("/reports?col=attempts&col=contact_rate&col=ptp_rate")).text
    assert "60.0" in page  # three of five
    assert "Bella" not in page  # who is out of her reach
    everything = (await reader.get(link(page, "5"))).text
    assert all(f"000000{number}" in everything.replace("-", "").replace(" ", "") for number in range(5))
    contacts = (await reader.get(link(page, "60.0\xa0%") if "60.0\xa0%" in page else link(page, "60.0 %"))).text
    assert contacts.count('data-list="calls"') == 1
    assert contacts.count('href="/calls/') < everything.count('href="/calls/')
    assert (await reader.get("/calls?behind=nonsense")).status_code == 422


async def test_the_first_page_shows_the_figures_of_the_day(reader: httpx.AsyncClient) -> None:
    page = (await reader.get("/")).text
    assert (await reader.get(link(page, "5"))).status_code == 200
    assert ">3</a>" in page  # contacts
    assert 'action="/next"' in page


async def test_a_period_in_which_nothing_happened_has_figures_too(reader: httpx.AsyncClient) -> None:
    nothing = "period=custom&from=2020-01-01&to=2020-01-02&by=&col=collected&col=promises&col=calls"
    assert (await reader.get(f"/reports?{nothing}")).status_code == 200


async def test_what_there_is_nothing_to_divide_by_is_a_dash(reader: httpx.AsyncClient) -> None:
    page = (await reader.get("/reports?col=service_level&col=adherence&col=kept_number&col=attempts")).text
    assert "0.0" not in re.sub(r"(?s)<(style|svg|head).*?</\1>", "", page)
    assert page.count("–") >= 3


async def test_days_that_were_changed_in_the_form_are_meant(reader: httpx.AsyncClient) -> None:
    asked = "/reports?period=today&from=2026-01-05&to=2026-01-09&was-from=2026-03-11&was-to=2026-03-11"
    page = (await reader.get(asked)).text
    assert "5 Jan 2026" in page
    assert "9 Jan 2026" in page


async def test_money_is_in_the_currency_that_is_chosen(
    reader: httpx.AsyncClient, uow: UnitOfWork, clock: ManualClock, cast: Cast
) -> None:
    asked = "/reports?period=today&by=user&col=collected"
    assert 'name="currency"' not in (await reader.get(asked)).text
    async with uow.write() as work:
        for currency, amount in (("RUB", 50), ("PLN", 70)):
            data = CreditorData(name=currency, jurisdiction=Jurisdiction.RU, region="RU", currency=currency)
            await add_creditor(work, PROGRAM, data, at=clock.now())
            money = RollupDay(
                day=clock.now().date(),
                user_id=cast.users["anna"],
                unit_id=0,
                creditor_id=0,
                stage_id=0,
                currency=currency,
            )
            money.collected = Decimal(amount)
            work.session.add(money)
    usual, chosen, unknown = [(await reader.get(f"{asked}&currency={one}")).text for one in ("RUB", "PLN", "XXX")]
    assert "50.00" in usual
    assert "70.00" not in usual
    assert "70.00" in chosen
    assert '<option value="PLN" selected>' in chosen
    saved = [re.findall(r'name="query" value="([^"]+)"', page)[0] for page in (usual, chosen, unknown)]
    assert ["currency=PLN" in one for one in saved] == [False, True, False]
    assert not any("XXX" in one for one in saved)
    async with uow.write() as work:  # no creditor has it any more, and the money is still there
        await work.session.execute(update(RollupDay).where(RollupDay.currency == "PLN").values(currency="KZT"))
    assert "70.00" in (await reader.get(f"{asked}&currency=KZT")).text


async def test_a_file_says_what_it_is_about(uow: UnitOfWork, clock: ManualClock, cast: Cast) -> None:
    query = f"period=today&by=unit&col=collected&col=attempts&currency=UAH&user={cast.users['anna']}&compare=before"
    async with uow.write() as work:
        data = CreditorData(name="Bank", jurisdiction=Jurisdiction.UA, region="UA", currency="UAH")
        await add_creditor(work, PROGRAM, data, at=clock.now())
    async with uow.read() as session:
        report = await read_report(session, PROGRAM, FloorFigures(), QueryParams(query), now=clock.now())
    headings = [translator("en").render(column.label) for column in columns_of(report)]
    assert headings == ["Team", "Collected, UAH", "Attempts"]
    page = printed(report)
    assert f"Collector: {report.names[By.USER][cast.users['anna']]}" in page
    assert "Money in UAH" in page
    assert report.then_ask is not None
    assert f"In small type: {day(report.then_ask.first, 'en')}" in page


async def test_a_report_is_saved_with_everything_that_is_seen(reader: httpx.AsyncClient) -> None:
    page = (await reader.get("/reports?period=week&by=user&by=hour&col=attempts&compare=before")).text
    query = re.search(r'name="query" value="([^"]+)"', page)
    assert query
    wanted = html.unescape(query[1])
    assert {"period=week", "by=user", "by=hour", "col=attempts", "compare=before"} <= set(wanted.split("&"))
    saved = {"list": "reports", "name": "My hours", "query": wanted}
    assert (await reader.post("/me/views", data=saved)).status_code == 303
    again = (await reader.get(f"/reports?{wanted}")).text
    assert 'aria-current="true"><a href="/reports?' in again
    assert "My hours" in again


async def test_every_wish_is_answered_or_ignored(reader: httpx.AsyncClient) -> None:
    for query in (
        "period=never&by=moon&col=luck&compare=dreams&chart=x",
        "period=custom&from=1899-01-01&to=2199-12-31",
        "period=custom&from=x&to=y&by=hour&by=hour&by=day",
        "user=99999999999999999999&queue=%27&direction=up",
        "period=month&by=day&by=creditor&compare=year&col=collected&col=recovery&col=penetration&chart=collected",
        "by=month&by=weekday&col=occupancy&period=custom&from=2024-02-29&to=2026-02-28&compare=year",
    ):
        assert (await reader.get(f"/reports?{query}")).status_code == 200, query


async def test_the_same_as_files(reader: httpx.AsyncClient) -> None:
    refused = await reader.get("/reports/export?format=csv&col=attempts")
    assert refused.status_code == 403  # collectors look, whoever leads may take away

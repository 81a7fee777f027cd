"""Requests that another site's page sets off in a signed-in browser: every route of the running product refuses them,
while a debtor and a collector talk.
"""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.desk import signed_in
from tests.e2e.talk import talking
from tests.plugins.figures import Figure
from tests.plugins.product import Product
from web.routes import ROUTES
from web.security import GuardedRoute, GuardedWebSocketRoute

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(240)]

FOREIGN = "https://owned.example"


def _origins(url: str) -> tuple[dict[str, str], ...]:
    """How a browser says that a page of another site asks; the last is a client that says nothing of the kind."""
    host = url.partition("//")[2]
    return (
        {"Origin": FOREIGN},
        {"Origin": "null"},
        {"Origin": f"{url}.owned.example"},
        {"Origin": f"{FOREIGN}/{host}"},
        {"Origin": f"{FOREIGN}?{host}"},
        {"Origin": f"http://{host}@owned.example"},
        {"Origin": url.replace(host, f"127.0.0.1:{int(host.rpartition(':')[2]) ^ 1}")},
        {"Origin": ""},
        {"Origin": FOREIGN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": url, "Sec-Fetch-Site": "cross-site"},
        {"Origin": url, "Sec-Fetch-Site": "same-site"},
        {"Origin": FOREIGN, "X-CSRF-Token": "x"},
        {"Origin": FOREIGN, "X-HTTP-Method-Override": "GET"},
        {"X-CSRF-Token": "guess"},
        {"Authorization": "Bearer guess"},
        {},
    )


async def test_no_change_is_taken_from_another_site(product: Product, chromium: Browser, figure: Figure) -> None:
    unsafe = [route for route in ROUTES if isinstance(route, GuardedRoute) and "POST" in (route.methods or ())]
    asked = 0
    async with (
        talking(product, chromium),
        signed_in(product.url, "admin", product.passwords["admin"]) as admin,
    ):
        del admin.http.headers["Sec-Fetch-Site"]
        for number, route in enumerate(unsafe):
            params = dict.fromkeys(route.param_convertors, 1)
            address = product.url + str(route.url_path_for(route.name, **params))
            for headers in _in_turn(product.url, number):
                if _own_credential(route, headers):
                    continue
                answer = await admin.http.post(address, headers=headers, data={"x": "1"})
                assert answer.status_code == 403, (route.path, headers, answer.status_code)
                assert "set-cookie" not in answer.headers
                asked += 1
        for route in ROUTES:
            if isinstance(route, GuardedWebSocketRoute):
                for headers in _origins(product.url):
                    if _own_credential(route, headers):
                        continue
                    await _refused(product, route.path, admin.http.cookies.items(), headers)
                    asked += 1
        assert (await admin.get("/me")).status_code == 200  # nobody was signed out
    figure("routes", len(unsafe))
    figure("requests refused", asked)


def _in_turn(url: str, number: int) -> Iterator[dict[str, str]]:
    """What the route of that number is asked with: all routes share one guard, so each is tried with the plainest
    foreign request, with one that says nothing, and with two of the tricks in turn."""
    foreign, *tricks, silent = _origins(url)
    yield foreign
    yield silent
    for step in range(2):
        yield tricks[(2 * number + step) % len(tricks)]


def _own_credential(route: GuardedRoute | GuardedWebSocketRoute, headers: dict[str, str]) -> bool:
    """A bearer token is none that a browser sends along by itself: no matter of origin but of the token."""
    return "Authorization" in headers and route.path.startswith("/api/")


async def _refused(product: Product, path: str, cookies: object, headers: dict[str, str]) -> None:
    """The websocket is refused before it is opened."""
    sent = {**headers, "Cookie": "; ".join(f"{name}={value}" for name, value in cookies)}  # type: ignore[attr-defined]
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(product.url.replace("http", "ws", 1) + path, additional_headers=sent):
            pass
    assert refusal.value.response.status_code == 403, headers

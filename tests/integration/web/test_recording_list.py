"""The list of recordings as a file: what is known of them, never their sound, within reach."""

import csv
from pathlib import Path

from callcenter.app.wiring import House
from core.kernel.clock import ManualClock
from tests.factories.desk import lay
from tests.factories.people import Cast
from tests.plugins.web import SignIn
from web.state import Services


async def test_the_list_of_recordings_is_taken_away(
    sign_in: SignIn, house: House, web_services: Services, clock: ManualClock, cast: Cast, tmp_path: Path
) -> None:
    desk = await lay(house, web_services, clock, cast)
    for owner in ("anna", "bella", "diego"):
        await desk.recording(owner, tmp_path)
        await desk.call(owner, live=False)
    maria = await sign_in("maria")

    async def rows(question: str = "") -> list[list[str]]:
        answer = await maria.get(f"/recordings/export?format=csv&col=recording&col=user&col=length{question}")
        assert answer.status_code == 200, answer.text
        return list(csv.reader(answer.text.lstrip("\ufeff").splitlines()))

    header, *found = await rows()
    assert header == ["Collector", "Length"]
    assert [length for _, length in found] == ["45.0", "45.0"]
    assert len({user for user, _ in found}) == 2
    assert len(await rows(f"&owner={cast.users['anna']}")) == 2
    assert len(await rows(f"&owner={cast.users['diego']}")) == 1
    assert len(await rows("&q=nobody-of-that-name")) == 1
    assert "/recordings/export?" in (await maria.get("/recordings")).text
    for other in ("sofia", "anna"):
        reader = await sign_in(other)
        assert (await reader.get("/recordings/export")).status_code == 403
        assert "/recordings/export?" not in (await reader.get("/recordings")).text

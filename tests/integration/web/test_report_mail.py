"""The pages of reports by mail."""

import re
from datetime import timedelta

from callcenter.app.wiring import House
from core.kernel.clock import ManualClock
from tests.factories.people import Cast
from tests.plugins.web import SignIn


async def test_a_saved_report_is_mailed_and_says_what_became_of_it(
    cast: Cast, sign_in: SignIn, house: House, clock: ManualClock
) -> None:
    admin = await sign_in("admin")
    saved = {"list": "reports", "name": "Mondays", "query": "period=week"}
    assert (await admin.post("/me/views", data=saved)).status_code == 303
    form = (await admin.get("/reports/mail/new")).text
    view = re.search(r'<option value="(\d+)"[^>]*>Mondays', form)
    assert view
    assert "No mail server is set up" in form
    sent = {"view_id": view[1], "format": "pdf", "every": "week", "weekday": "1", "hour": "8"}
    refused = await admin.post("/reports/mail", data=sent)
    assert refused.status_code == 422
    assert "Choose at least one reader." in refused.text
    made = await admin.post("/reports/mail", data={**sent, "user": str(cast.users["admin"])})
    path = made.headers["location"]
    assert "Mondays" in (await admin.get("/reports/mail")).text
    clock.advance(timedelta(days=8))
    assert await house.mailing.due() == 1
    await house.jobs.run_due()
    admin = await sign_in("admin")
    assert "The reader has no e-mail address." in (await admin.get(path)).text
    changed = {**sent, "view_id": "", "every": "month", "monthday": "40", "user": str(cast.users["admin"])}
    assert (await admin.post(path, data=changed)).status_code == 422
    assert (await admin.post(path, data={**changed, "monthday": "31", "rests": "1"})).status_code == 303
    assert "It rests." in (await admin.get(path)).text
    bella = await sign_in("bella")
    assert (await bella.get("/reports/mail")).status_code == 403
    assert (await admin.post(f"{path}/remove")).status_code == 303
    assert (await admin.get(path)).status_code == 404

"""The live desk in a real browser: pops that throw nothing away, a link that loses nothing, keys, drafts, refusals."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.stage import Stage

pytestmark = pytest.mark.browser

OFFER = {"call_id": 11, "url": "/cases/11", "phone": "+79000000011", "name": "Пётр Абонентов", "case_number": "2026-11"}


async def desk(stage: Stage, chromium: Browser, path: str = "/cases") -> Page:
    page = await chromium.new_page()
    await page.goto(stage.base + path)
    await stage.connected()
    return page


async def test_a_pop_opens_the_case_and_its_withdrawal_takes_it_back(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium)
    named = asyncio.Event()

    async def late(route: Route) -> None:
        await named.wait()
        await route.continue_()

    await page.route("**/cases/11", late)
    await stage.say("call.offered", **OFFER)
    await page.locator(".pop-card").get_by_text("Пётр Абонентов").wait_for()
    named.set()
    await page.wait_for_url("**/cases/11")
    await page.wait_for_selector(".case-identity")
    await expect(page.locator(".pop-card")).to_have_count(0)
    await stage.say("call.withdrawn", call_id=11, reason="abandoned")
    await page.wait_for_url("**/cases")
    await expect(page.locator("#toasts")).to_contain_text("Пётр Абонентов")


async def test_a_pop_waits_beside_while_something_is_typed(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/cases/7")
    await page.fill("#result-note", "обещал заплатить")
    await stage.say("call.offered", **OFFER)
    await page.locator(".pop-card").get_by_text("Пётр Абонентов").wait_for()
    assert page.url.endswith("/cases/7")
    await page.locator(".pop-card .btn-primary").click()
    await page.wait_for_url("**/cases/11")
    await page.go_back()
    await page.wait_for_url("**/cases/7")
    await expect(page.locator("#result-note")).to_have_value("обещал заплатить")


async def test_a_name_is_never_markup(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/cases/7")
    await page.fill("#result-note", "x")
    hostile = "<img src=x onerror=\"document.title='owned'\">"
    await stage.say("call.offered", **{**OFFER, "name": hostile})
    await page.locator(".pop-card").get_by_text(hostile).wait_for()
    assert await page.locator(".pop-card img").count() == 0
    assert await page.title() != "owned"


async def test_a_broken_link_says_so_and_resumes_after_the_last_message(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium)
    await stage.say("telephony.status", up=False, detail="pbx1 is away")
    await page.wait_for_selector("#lamp[data-state=down]")
    stage.snapshot = {"offers": [OFFER], "telephony": {"up": True, "detail": ""}}
    await stage.cut()
    await page.wait_for_selector("#lamp[data-state=lost]")
    await page.wait_for_url("**/cases/11")
    assert stage.resumed_after == [None, "1"]
    await page.wait_for_selector("#lamp[data-state=up]")


async def test_results_by_key_demand_what_they_need(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/cases/7")
    await page.keyboard.press("1")
    await page.wait_for_selector("#promise-amount:visible")
    assert await page.locator("#promise-amount").evaluate("e => e.required && e === document.activeElement")
    await page.keyboard.type("15000")
    await page.fill("#promise-due", "2026-11-20")
    await page.click("text=Save the result")
    path, fields = await stage.posted.get()
    assert path == "/calls/4503599627370497/result"
    assert fields["code"] == "RPC-PTP"
    assert fields["promise_amount"] == "15000"
    assert "callback_at" not in fields


async def test_rare_results_are_folded_away_until_one_is_wanted(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/cases/7")
    rare = page.locator(".result-more .result-code").first
    await expect(rare).to_be_hidden()
    await page.click(".result-more summary")
    await rare.click()
    await page.fill("#result-document", "A 12-2026")
    await page.click("text=Save the result")
    assert (await stage.posted.get())[1]["code"] == "BANKRUPT"


async def test_escape_leaves_a_field_and_keys_work_in_another_alphabet(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/cases/7")
    await page.focus("#result-note")
    await page.keyboard.press("Escape")
    await expect(page.locator("#result-note")).not_to_be_focused()
    await page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'з', code: 'KeyP', bubbles: true}))"
    )
    await expect(page.locator("#promise-form-amount")).to_be_focused()


async def test_a_promise_is_taken_with_five_keys(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/cases/7")
    await page.keyboard.press("p")
    await expect(page.locator("#promise-form-amount")).to_be_focused()
    for keys in ("Alt+Digit2", "Alt+Digit6", "Enter"):  # half, on Friday, save
        await page.keyboard.press(keys)
    path, fields = await stage.posted.get()
    assert path == "/calls/4503599627370497/result"
    assert fields["code"] == "RPC-PTP"
    assert (fields["promise_amount"], fields["promise_due"]) == ("93835.29", "2026-11-13")
    assert fields["supersede"] == "1"
    await expect(page.locator("#promise-dialog")).not_to_be_visible()


async def test_what_is_wrong_with_a_promise_is_told_at_its_field(stage: Stage, chromium: Browser) -> None:
    stage.refusal = {"code": "bad_promise", "detail": "no", "errors": {"due_on": "The day has passed."}}
    page = await desk(stage, chromium, "/cases/7")
    await page.keyboard.press("p")
    await page.keyboard.press("Enter")
    await expect(page.locator("#promise-dialog [role=alert]")).to_contain_text("The day has passed.")
    await expect(page.locator("#promise-form-due")).to_be_focused()


async def test_a_plan_shows_its_instalments_as_it_is_typed(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/cases/7")
    await page.keyboard.press("i")
    await expect(page.locator("#plan-form-count")).to_be_focused()
    await expect(page.locator("#plan-form-schedule li")).to_have_count(3)
    await page.keyboard.type("5")
    await expect(page.locator("#plan-form-schedule li")).to_have_count(5)
    await page.keyboard.press("Enter")
    path, fields = await stage.posted.get()
    assert path == "/calls/4503599627370497/result"
    assert (fields["code"], fields["plan_count"], fields["plan_rhythm"]) == ("RPC-PLAN", "5", "monthly")


async def test_keys_rest_in_text_fields_and_can_be_listed(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/cases/7")
    await page.keyboard.press("/")
    await page.keyboard.type("p?1")
    assert await page.input_value("#search") == "p?1"
    assert await page.locator("dialog[open]").count() == 0
    await page.locator("body").click(position={"x": 700, "y": 60})
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("?")
    await page.wait_for_selector("dialog[open] kbd")
    await page.keyboard.press("Escape")
    await page.keyboard.press("p")
    await page.wait_for_selector("#promise-dialog[open]")


async def test_the_law_is_explained_when_it_forbids_a_call(stage: Stage, chromium: Browser) -> None:
    stage.dial_answer = (
        409,
        {"code": "contact_forbidden", "reason": "Two talks a week.", "next_allowed_at": "2026-11-15T15:12:00Z"},
    )
    page = await desk(stage, chromium, "/cases/7")
    await page.keyboard.press("c")
    _, order = await stage.posted.get()
    assert order == {"phone": "+79000000001", "phone_id": 1, "case_id": 7}
    await expect(page.locator("#toasts")).to_contain_text("Two talks a week.")
    await expect(page.locator("#toasts")).to_contain_text("18:12")


async def test_a_case_follows_its_call_and_keeps_what_is_typed(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/cases/7")
    await page.fill("#result-note", "обещал")
    await page.evaluate("document.querySelector('#result-bar').dataset.old = '1'")
    await stage.say("call.ended", call_id=4503599627370497, case_id=8)
    await page.evaluate(
        "() => { window.heard = new Promise((told) => document.addEventListener('call.held', () => told())); }"
    )
    await stage.say("call.held", call_id=4503599627370497, case_id=7, held=True)
    await page.evaluate("window.heard")
    await expect(page.locator("#result-bar[data-old] #result-note")).to_be_focused()  # nothing is swapped under a hand
    await page.locator("#result-note").blur()
    await page.wait_for_selector("#result-bar:not([data-old])")
    await expect(page.locator("#result-note")).to_have_value("обещал")


async def test_an_unknown_caller_is_searched_as_one_types(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/callers/11?hidden=1")
    await page.locator("#caller-search").press_sequentially("Абонентов")
    await expect(page.locator("#caller-found")).to_have_text("9 letters")


async def test_rows_are_chosen_and_opened_by_keyboard(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium)
    await page.locator("tr[data-row='1']").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Space")
    await expect(page.locator("[data-mass-count]")).to_have_text("Chosen: 2")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/cases/2")
    assert await page.locator("#nav a[aria-current=page]").get_attribute("href") == "/cases"


async def test_parts_look_again_without_a_complaint_of_the_browser(stage: Stage, chromium: Browser) -> None:
    page = await desk(stage, chromium, "/cases/7")
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    contact = page.locator("[data-refresh~='call.ended'][data-refresh-case]").first
    await contact.evaluate("part => part.querySelectorAll('[id]').forEach(one => { one.style.color = 'red'; })")
    await contact.evaluate("part => { part.dataset.before = 'yes'; }")
    await stage.say("call.ended", call_id=1, case_id=7)
    await expect(page.locator("[data-before]")).to_have_count(0)
    assert complaints == []


async def test_a_call_answered_while_its_case_was_on_the_way_is_looked_at_again(
    stage: Stage, chromium: Browser
) -> None:
    page = await desk(stage, chromium)
    answered, again = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        if answered.is_set():
            again.set()
        await answered.wait()
        await route.continue_()

    await page.route("**/cases/7", late)
    await stage.say("call.offered", **{**OFFER, "url": "/cases/7"})
    await page.locator(".pop-card").wait_for()
    await page.evaluate("document.addEventListener('call.answered', () => { document.title = 'told'; })")
    await stage.say("call.answered", call_id=11, case_id=7)
    await expect(page).to_have_title("told")
    answered.set()
    await asyncio.wait_for(again.wait(), 60)

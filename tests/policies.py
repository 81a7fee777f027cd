"""Who may call each route, written down a second time, by hand: the generated test compares the application with this.

A route that is not here fails the test. ``needs`` is ``public``, ``local``, ``signed in`` or rights any one of which
opens. ``target`` says what the ids in the address are of; ``form`` is a body that passes, so that what is refused is
refused for its rights; ``once`` marks what can be done to a thing only once. ``reach`` is the right whose scope decides
where it is not the one needed. ``body`` is the JSON that programs send, with places for ids. ``absent`` marks what
this installation without an exchange does not have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Entry:
    needs: tuple[str, ...]
    target: str | None = None
    once: bool = False
    reach: str | None = None
    absent: bool = False
    form: Mapping[str, str] = field(default_factory=dict)
    body: str = "{}"


PUBLIC, LOCAL, SIGNED_IN = ("public",), ("local",), ("signed in",)
_ME = Entry(needs=SIGNED_IN)
_USER = Entry(needs=("users.edit",), target="user")
_WATCH = ("supervision.listen", "supervision.whisper", "supervision.barge")

_IMPORT_STEPS = (
    ("GET", ""),
    ("GET", "/progress"),
    ("POST", "/check"),
    ("POST", "/apply"),
    ("POST", "/stop"),
    ("GET", "/report"),
)
_PERSON = {"name": "Sample Person", "role": "relative"}
_NUMBER = {"kind": "mobile", "quality": "confirmed", "consent": "unknown"}
_LATER = "2026-03-11T18:00"
_MAILED = {"format": "xlsx", "every": "day", "hour": "8", "user": "1"}
_PLAN = {"plan_total": "10", "plan_count": "2", "plan_first": "2026-03-12"}
_WHY = {"reason": "he cannot pay"}
_BELOW = {"name": "Branch East", "kind": "organisation"}
_CASES = {
    f"{method} /cases/{{id:int}}{path}": Entry(needs=(needed,), target="case", form=form, once="remove" in path)
    for method, path, needed, form in (
        ("GET", "", "cases.view", {}),
        ("POST", "/notes", "cases.edit", {"text": "a note"}),
        ("POST", "/promises", "promises.edit", {"promise_amount": "10", "promise_due": "2026-03-12"}),
        ("POST", "/plans", "plans.edit", _PLAN),
        ("GET", "/plans/preview", "plans.edit", {}),
        ("GET", "/people/new", "cases.edit", {}),
        ("POST", "/people", "cases.edit", _PERSON),
        ("GET", "/people/{party:int}", "cases.view", {}),
        ("POST", "/people/{party:int}", "cases.edit", _PERSON),
        ("POST", "/people/{party:int}/phones", "cases.edit", {"phone": "+79000000099"}),
        ("POST", "/phones/{phone:int}", "cases.edit", _NUMBER),
        ("POST", "/phones/{phone:int}/remove", "cases.edit", {}),
    )
}
_AGREED = {
    f"POST /cases/{{id:int}}{path}": Entry(needs=(needed,), target="case with agreements", form=form)
    for path, needed, form in (
        ("/promises/{promise:int}/cancel", "promises.edit", _WHY),
        ("/plans/{plan:int}/cancel", "plans.edit", _WHY),
        ("/plans/{plan:int}/approve", "plans.approve", {}),
        ("/plans/{plan:int}/refuse", "plans.approve", _WHY),
    )
}
_LIFE = {
    "POST /cases/{id:int}/assign": Entry(needs=("cases.assign",), target="case"),
    "POST /cases/{id:int}/stage": Entry(needs=("cases.edit",), target="case", form={"stage_id": "{stage}"}),
    "POST /cases/{id:int}/suspend": Entry(needs=("cases.close",), target="case", form={"reason": "a stay"}),
    "POST /cases/{id:int}/close": Entry(needs=("cases.close",), target="case", form={"reason": "withdrawn"}),
    "POST /cases/{id:int}/reopen": Entry(needs=("cases.close",), target="case"),
    "POST /cases/{id:int}/blocks": Entry(
        needs=("compliance.block",), target="case", form={"kind": "do_not_call", "what": "party", "basis": "a letter"}
    ),
}
_WORK = {
    "GET /todo": Entry(needs=("cases.view",)),
    "GET /todo/export": Entry(needs=("cases.export",)),
    "GET /worklists": Entry(needs=("cases.view",)),
    "GET /worklists/todo": Entry(needs=("cases.view",)),
    "GET /worklists/todo/export": Entry(needs=("cases.export",)),
    "GET /worklists/{name}": Entry(needs=("cases.view",), target="worklist"),
    "GET /worklists/{name}/export": Entry(needs=("cases.export",), target="worklist"),
    "POST /cases/{id:int}/tasks": Entry(needs=("tasks.edit",), target="case", form={"title": "Call", "due_at": _LATER}),
    **{
        f"POST /cases/{{id:int}}/tasks/{{task:int}}/{verb}": Entry(needs=("tasks.edit",), target="case", form=form)
        for verb, form in (("finish", {}), ("cancel", {}), ("move", {"due_at": _LATER}), ("give", {}))
    },
    "POST /cases/{id:int}/tags": Entry(needs=("cases.edit",), target="case", form={"tag_id": "{tag}"}),
    "POST /cases/{id:int}/tags/{tag:int}/remove": Entry(needs=("cases.edit",), target="case"),
    "GET /next": Entry(needs=("cases.edit",)),
    "POST /next": Entry(needs=("cases.edit",)),
    "GET /worklists/settings": Entry(needs=("worklists.setup",)),
    "POST /worklists/settings": Entry(needs=("worklists.setup",)),
    "POST /worklists/settings/example": Entry(needs=("worklists.setup",)),
    "GET /assignment": Entry(needs=("worklists.setup",)),
    "POST /assignment": Entry(needs=("worklists.setup",)),
    "GET /assignment/new": Entry(needs=("worklists.setup",)),
    "POST /assignment/imports": Entry(needs=("worklists.setup",)),
    **{
        f"{method} /assignment/{{id:int}}{path}": Entry(needs=("worklists.setup",), target="assignment rule")
        for method, path in (("GET", ""), ("POST", ""), ("POST", "/up"), ("POST", "/down"), ("POST", "/remove"))
    },
    "GET /tags": Entry(needs=("worklists.setup",)),
    "GET /tags/export": Entry(needs=("worklists.setup",)),
    "POST /tags": Entry(needs=("worklists.setup",)),
    "GET /tags/new": Entry(needs=("worklists.setup",)),
    "GET /tags/{id:int}": Entry(needs=("worklists.setup",), target="tag"),
    "POST /tags/{id:int}": Entry(needs=("worklists.setup",), target="tag"),
    "GET /mass": Entry(needs=("cases.mass",)),
    "POST /mass": Entry(needs=("cases.mass",)),
    "GET /mass/new": Entry(needs=("cases.mass",)),
    "POST /mass/choose": Entry(needs=("cases.mass",), form={"id": "999999"}),
    **{
        f"{method} /mass/{{id:int}}{path}": Entry(
            needs=("cases.mass",), target="mass run", form={"action": "next", "due_at": _LATER}
        )
        for method, path in (
            ("GET", ""),
            ("GET", "/progress"),
            ("GET", "/export"),
            ("POST", "/foresee"),
            ("POST", "/start"),
            ("POST", "/stop"),
            ("POST", "/undo"),
        )
    },
}
_SUM_ON = {"claim_id": "{claim}", "component": "agency_fees", "amount": "5", "reason": "a letter"}
_DEBT = {
    "GET /cases/{id:int}/balance": Entry(needs=("cases.view",), target="case"),
    "POST /cases/{id:int}/adjust": Entry(needs=("ledger.edit",), target="case", form=_SUM_ON),
    "GET /cases/{id:int}/claims/new": Entry(needs=("ledger.edit",), target="case"),
    "POST /cases/{id:int}/claims": Entry(
        needs=("ledger.edit",),
        target="case",
        form={"number": "2", "principal": "10", "reason": "an invoice"},
        once=True,
    ),
    "GET /cases/{id:int}/claims/{claim:int}": Entry(needs=("ledger.edit",), target="case"),
    "POST /cases/{id:int}/claims/{claim:int}": Entry(
        needs=("ledger.edit",), target="case", form={"number": "1", "reason": "a mistake"}
    ),
    "POST /cases/{id:int}/write-off": Entry(
        needs=("ledger.edit",), target="case", form={**_SUM_ON, "component": "principal"}
    ),
    "POST /cases/{id:int}/fee": Entry(needs=("ledger.edit",), target="case", form=_SUM_ON),
    "POST /cases/{id:int}/interest": Entry(needs=("interest.edit",), target="case", form={"claim_id": "{claim}"}),
    "POST /cases/{id:int}/accrual-blocks": Entry(
        needs=("interest.edit",), target="case", form={"from_on": "2026-03-01", "reason": "a stay"}
    ),
    "POST /cases/{id:int}/accrual-blocks/{block:int}/lift": Entry(
        needs=("interest.edit",), target="case without interest", once=True
    ),
}
_TERM = {"bases": "principal", "accrues_to": "penalty", "percent": "5", "day_rule": "365"}
_INTEREST = {
    f"{method} {path}": Entry(
        needs=("interest.edit",), target=target or None, form=form, once="remove" in path or "delete" in path
    )
    for method, path, target, form in (
        ("GET", "/rates", "", {}),
        ("POST", "/rates", "", {"key": "own", "name": "Own", "kind": "annual"}),
        ("GET", "/rates/new", "", {}),
        ("GET", "/rates/{id:int}", "rate table", {}),
        ("POST", "/rates/{id:int}", "rate table", {"name": "Own", "kind": "annual"}),
        ("POST", "/rates/{id:int}/rates", "rate table", {"valid_from": "2026-01-01", "percent": "7"}),
        ("POST", "/rates/{id:int}/rates/remove", "rate table", {"valid_from": "2026-01-01"}),
        ("POST", "/rates/{id:int}/delete", "rate table", {}),
        ("GET", "/interest-groups", "", {}),
        ("POST", "/interest-groups", "", {"name": "Own"}),
        ("GET", "/interest-groups/new", "", {}),
        ("GET", "/interest-groups/{id:int}", "interest group", {}),
        ("POST", "/interest-groups/{id:int}", "interest group", {"name": "Own"}),
        ("GET", "/interest-groups/{id:int}/terms/new", "interest group", {}),
        ("POST", "/interest-groups/{id:int}/terms", "interest group", _TERM),
        ("GET", "/interest-groups/{id:int}/terms/{term:int}", "interest group", {}),
        ("POST", "/interest-groups/{id:int}/terms/{term:int}", "interest group", _TERM),
        ("POST", "/interest-groups/{id:int}/terms/{term:int}/remove", "interest group", {}),
    )
}
_LAW = {
    "GET /blocks": Entry(needs=("compliance.block", "compliance.lift")),
    "POST /blocks": Entry(
        needs=("compliance.block",), form={"phone": "+79000000099", "kind": "do_not_call", "basis": "a letter"}
    ),
    "GET /blocks/new": Entry(needs=("compliance.block",)),
    "GET /blocks/{id:int}": Entry(needs=("compliance.block", "compliance.lift"), target="bare block"),
    "POST /blocks/{id:int}/lift": Entry(
        needs=("compliance.lift",), target="bare block", once=True, form={"reason": "a second letter"}
    ),
    "GET /law": Entry(needs=("cases.view", "compliance.rules")),
    "POST /law/days": Entry(
        needs=("compliance.rules",), form={"law": "RU", "day": "2026-03-12", "day_type": "holiday", "note": "decree"}
    ),
    "GET /law/rules/{rule}": Entry(needs=("compliance.rules",), target="rule"),
    "POST /law/rules/{rule}": Entry(
        needs=("compliance.rules",), target="rule", form={"severity": "deny", "reason": "stricter"}
    ),
    "POST /law/rules/{rule}/restore": Entry(needs=("compliance.rules",), target="rule"),
}
_CODE = {"label": "Own", "contact": "yes", "need": "-", "stop": "-", "position": "30"}
_KIND = {"name": "Own", "position": "9", "grace_days": "1", "threshold_percent": "100"}
_DIRECTORIES = {
    "GET /promise-types": Entry(needs=("worklists.setup",)),
    "GET /promise-types/new": Entry(needs=("worklists.setup",)),
    "POST /promise-types": Entry(needs=("worklists.setup",), form={"key": "own", **_KIND}),
    "GET /promise-types/{id:int}": Entry(needs=("worklists.setup",), target="promise type"),
    "POST /promise-types/{id:int}": Entry(needs=("worklists.setup",), target="promise type", form=_KIND),
    "GET /results": Entry(needs=("calls.directory",)),
    "GET /results/export": Entry(needs=("calls.directory",)),
    "GET /results/new": Entry(needs=("calls.directory",)),
    "POST /results": Entry(needs=("calls.directory",), form={"code": "OWN", **_CODE}),
    "GET /results/{code}": Entry(needs=("calls.directory",), target="result code"),
    "POST /results/{code}": Entry(needs=("calls.directory",), target="result code", form=_CODE),
    "GET /agents": Entry(needs=("agents.view",)),
    "GET /agents/export": Entry(needs=("agents.view",)),
    "GET /agents/choose": Entry(needs=("agents.state",)),
    "POST /agents/choose": Entry(needs=("agents.state",), form={"id": "999999"}, absent=True),
    "POST /agents/send": Entry(
        needs=("agents.state",), form={"id": "999999", "choice": "available", "why": "a test"}, absent=True
    ),
    "POST /agents/{id:int}/sign-out": Entry(needs=("agents.log_out",), target="user", form={"why": "a test"}),
    "GET /board": Entry(needs=("supervision.board",)),
    "GET /wall": Entry(needs=("supervision.wall",)),
    "POST /calls/{call:int}/watch": Entry(needs=_WATCH, target="call", form={"mode": "listen"}, absent=True),
    "POST /calls/{call:int}/take-over": Entry(needs=("supervision.take_over",), target="call", absent=True),
    "POST /calls/{call:int}/advice": Entry(
        needs=("supervision.coach",), target="call", form={"text": "slower"}, absent=True
    ),
    "POST /messages": Entry(needs=("supervision.message",), form={"text": "come over", "to": "everybody"}),
    "POST /messages/{id:int}/read": Entry(needs=SIGNED_IN, target="missing"),
    "POST /watches/{id:int}/mode": Entry(needs=_WATCH, target="missing", form={"mode": "listen"}, absent=True),
    "POST /watches/{id:int}/leave": Entry(needs=_WATCH, target="missing", absent=True),
    "WS /board/live": Entry(needs=("supervision.board",)),
    "WS /wall/live": Entry(needs=("supervision.wall",)),
    "GET /pauses": Entry(needs=("agents.directory",)),
    "GET /pauses/export": Entry(needs=("agents.directory",)),
    "GET /pauses/new": Entry(needs=("agents.directory",)),
    "POST /pauses": Entry(needs=("agents.directory",), form={"code": "own", "label": "Own", "position": "9"}),
    "GET /pauses/{code}": Entry(needs=("agents.directory",), target="pause reason"),
    "POST /pauses/{code}": Entry(
        needs=("agents.directory",), target="pause reason", form={"label": "Own", "position": "9"}
    ),
}
_QUEUE = {"name": "Own", "strategy": "rrmemory", "service_seconds": "20", "overflow": "goodbye", "active": "1"} | {
    "closed": "voicemail"
}
_HOURS = {"name": "Own", "zone": "Europe/Kyiv"}
_CAMPAIGN = {
    "name": "Own",
    "mode": "progressive",
    "opens": "09:00",
    "closes": "20:00",
    "weekday": "1",
    "ring_seconds": "20",
    "connect_seconds": "2",
    "most_a_day": "1",
    "most_in_total": "3",
    "apology": "vm-goodbye",
}
_CAMPAIGNS = {
    "GET /campaigns": Entry(needs=("campaigns.view",)),
    "GET /campaigns/export": Entry(needs=("campaigns.export",)),
    "GET /campaigns/new": Entry(needs=("campaigns.edit",)),
    "POST /campaigns": Entry(needs=("campaigns.edit",), form=_CAMPAIGN),
    "GET /campaigns/{id:int}": Entry(needs=("campaigns.view",), target="campaign"),
    "GET /campaigns/{id:int}/figures": Entry(needs=("campaigns.view",), target="campaign"),
    "GET /campaigns/{id:int}/attempts": Entry(needs=("campaigns.view",), target="campaign"),
    "GET /campaigns/{id:int}/export": Entry(needs=("campaigns.export",), target="campaign"),
    "GET /campaigns/{id:int}/setup": Entry(needs=("campaigns.edit",), target="campaign"),
    "POST /campaigns/{id:int}": Entry(needs=("campaigns.edit",), target="campaign", form=_CAMPAIGN),
    "GET /campaigns/next": Entry(needs=("campaigns.work",)),
    "POST /campaigns/entries/{id:int}/dial": Entry(needs=("campaigns.work",), target="shown entry"),
    "POST /campaigns/entries/{id:int}/pass": Entry(
        needs=("campaigns.work",), target="shown entry", once=True, form={"reason": "passed_later"}
    ),
    "POST /campaigns/{id:int}/start": Entry(needs=("campaigns.run",), target="campaign"),
    "POST /campaigns/{id:int}/pause": Entry(needs=("campaigns.run",), target="campaign"),
    "POST /campaigns/{id:int}/end": Entry(needs=("campaigns.run",), target="campaign"),
    "POST /campaigns/{id:int}/filter": Entry(needs=("campaigns.edit",), target="campaign", form={"view_id": "0"}),
    "GET /campaigns/cases": Entry(needs=("campaigns.edit",)),
    "POST /campaigns/cases": Entry(needs=("campaigns.edit",), form={"campaign_id": "999999", "run": "1"}, absent=True),
    "POST /campaigns/{id:int}/cases": Entry(needs=("campaigns.edit",), target="campaign"),
}
_QUEUES = {
    "GET /queues": Entry(needs=("queues.view",)),
    "GET /queues/export": Entry(needs=("queues.view",)),
    "GET /queues/new": Entry(needs=("queues.edit",)),
    "POST /queues": Entry(needs=("queues.edit",), form={"code": "own", **_QUEUE}),
    "GET /queues/{id:int}": Entry(needs=("queues.view",), target="queue"),
    "POST /queues/{id:int}": Entry(needs=("queues.edit",), target="queue", form=_QUEUE),
    "POST /queues/{id:int}/members": Entry(needs=("queues.edit",), target="queue"),
    "POST /queues/{id:int}/callers": Entry(needs=("queues.edit",), target="queue", form={"numbers": "5550177"}),
    "GET /calendars": Entry(needs=("queues.view",)),
    "GET /calendars/export": Entry(needs=("queues.view",)),
    "GET /calendars/new": Entry(needs=("queues.edit",)),
    "POST /calendars": Entry(needs=("queues.edit",), form=_HOURS),
    "GET /calendars/{id:int}": Entry(needs=("queues.view",), target="calendar"),
    "POST /calendars/{id:int}": Entry(needs=("queues.edit",), target="calendar", form=_HOURS),
    "POST /calendars/{id:int}/delete": Entry(needs=("queues.edit",), target="calendar", once=True),
    "POST /queues/{id:int}/delete": Entry(needs=("queues.edit",), target="queue", once=True),
}
_MENU = {"name": "Own", "language": "en", "entry": "s1", "step": "s1", "s1-kind": "hangup", "s1-text-en": "Bye."}
_MENUS = {
    "GET /menus": Entry(needs=("ivr.view",)),
    "GET /menus/export": Entry(needs=("ivr.view",)),
    "GET /menus/new": Entry(needs=("ivr.edit",)),
    "POST /menus": Entry(needs=("ivr.edit",), form={"name": "Own", "language": "en"}),
    "GET /menus/{id:int}": Entry(needs=("ivr.view",), target="menu"),
    "POST /menus/{id:int}": Entry(needs=("ivr.edit",), target="menu", form=_MENU),
    "GET /menus/{id:int}/try": Entry(needs=("ivr.view",), target="menu"),
    "GET /menus/{id:int}/steps/{step}/{language}.wav": Entry(needs=("ivr.view",), target="menu"),
    "POST /menus/{id:int}/queues": Entry(needs=("ivr.edit",), target="menu", form={"queues": "main"}),
    "POST /menus/{id:int}/withdraw": Entry(needs=("ivr.edit",), target="menu"),
    "POST /menus/{id:int}/delete": Entry(needs=("ivr.edit",), target="menu", once=True),
    "GET /menus/sounds": Entry(needs=("ivr.view",)),
    "POST /menus/sounds": Entry(needs=("ivr.edit",)),
    "GET /menus/sounds/{name}.wav": Entry(needs=("ivr.view",), target="menu sound"),
    "POST /menus/sounds/{name}/delete": Entry(needs=("ivr.edit",), target="menu sound", once=True),
    "GET /voicemail": Entry(needs=("voicemail.listen",)),
    "GET /voicemail/export": Entry(needs=("voicemail.listen",)),
    "GET /voicemail/{id:int}": Entry(needs=("voicemail.listen",), target="voicemail"),
    "POST /voicemail/{id:int}/heard": Entry(needs=("voicemail.listen",), target="voicemail", form={"heard": "1"}),
    "GET /voicemail/{id:int}/audio": Entry(needs=("voicemail.listen",), target="voicemail"),
    "GET /voicemail/{id:int}/peaks": Entry(needs=("voicemail.listen",), target="voicemail"),
    "GET /voicemail/{id:int}/marks": Entry(needs=("voicemail.listen",), target="voicemail"),
}
_LISTS = {
    "GET /promises": Entry(needs=("cases.view",)),
    "GET /promises/export": Entry(needs=("cases.export",)),
    "GET /promise-calendar": Entry(needs=("cases.view",)),
    "GET /cases": Entry(needs=("cases.view",)),
    "GET /cases/export": Entry(needs=("cases.export",)),
    "GET /debtors": Entry(needs=("cases.view",)),
    "GET /debtors/{id:int}": Entry(needs=("cases.view",), target="debtor"),
    "POST /debtors/{id:int}": Entry(needs=("cases.edit",), target="debtor", form={"name": "Sample Person"}),
    "POST /debtors/{id:int}/below": Entry(needs=("cases.edit",), target="organisation", form=_BELOW),
    "POST /debtors/{id:int}/move": Entry(needs=("cases.edit",), target="debtor"),
    "POST /debtors/{id:int}/contacts": Entry(needs=("cases.edit",), target="debtor", form={"email": "a@example.org"}),
    "POST /debtors/{id:int}/contacts/{kind}/{row:int}/remove": Entry(
        needs=("cases.edit",), target="contact", once=True
    ),
    "GET /orders": Entry(needs=("creditors.view", "cases.view")),
    "POST /orders": Entry(needs=("orders.edit",)),
    "GET /orders/export": Entry(needs=("cases.export",)),
    "GET /orders/new": Entry(needs=("orders.edit",)),
    "GET /orders/{id:int}": Entry(needs=("creditors.view", "cases.view"), target="order"),
    "POST /orders/{id:int}": Entry(
        needs=("orders.edit",), target="order", form={"number": "A", "placed_on": "2026-01-15"}
    ),
    "GET /orders/{id:int}/edit": Entry(needs=("orders.edit",), target="order"),
    "POST /orders/{id:int}/delete": Entry(needs=("orders.edit",), target="order"),
    "GET /orders/{id:int}/cases/new": Entry(needs=("orders.edit",), target="order"),
    "POST /orders/{id:int}/cases": Entry(needs=("orders.edit",), target="order"),
}
_CREDITORS = {
    "GET /stages": Entry(needs=("creditors.view",)),
    "POST /stages": Entry(needs=("creditors.edit",)),
    "GET /stages/new": Entry(needs=("creditors.edit",)),
    "POST /stages/order": Entry(needs=("creditors.edit",)),
    "GET /stages/{id:int}": Entry(needs=("creditors.edit",), target="stage"),
    "POST /stages/{id:int}": Entry(needs=("creditors.edit",), target="stage", form={"name": "Soft"}),
    "POST /stages/{id:int}/delete": Entry(needs=("creditors.edit",), target="stage", once=True),
    "GET /company": Entry(needs=("company.edit",)),
    "POST /company": Entry(needs=("company.edit",)),
    "GET /plan": Entry(needs=("planning.view",)),
    "GET /plan/export": Entry(needs=("planning.view",)),
    "GET /plan/wanted": Entry(needs=("planning.edit",)),
    "POST /plan/wanted": Entry(needs=("planning.edit",)),
    "GET /plan/{scope}/{id:int}/{month}": Entry(needs=("planning.edit",), target="plan"),
    "POST /plan/{scope}/{id:int}/{month}": Entry(needs=("planning.edit",), target="plan"),
    "GET /creditors": Entry(needs=("creditors.view",)),
    "POST /creditors": Entry(needs=("creditors.edit",)),
    "GET /creditors/new": Entry(needs=("creditors.edit",)),
    "GET /creditors/{id:int}": Entry(needs=("creditors.view",), target="creditor"),
    "POST /creditors/{id:int}": Entry(needs=("creditors.edit",), target="creditor"),
    "GET /imports": Entry(needs=("cases.import",)),
    "GET /imports/new": Entry(needs=("cases.import",)),
    "POST /imports": Entry(needs=("cases.import",)),
    **{
        f"{method} /imports/{{id:int}}{path}": Entry(needs=("cases.import",), target="import")
        for method, path in _IMPORT_STEPS
    },
    "GET /payments/imports": Entry(needs=("payments.import",)),
    "GET /payments/imports/new": Entry(needs=("payments.import",)),
    "POST /payments/imports": Entry(needs=("payments.import",)),
    **{
        f"{method} /payments/imports/{{id:int}}{path}": Entry(needs=("payments.import",), target="payment import")
        for method, path in _IMPORT_STEPS
    },
    "GET /payments/queue": Entry(needs=("payments.settle",)),
    "POST /payments/{id:int}/accept": Entry(
        needs=("payments.settle",), target="waiting payment", form={"case_id": "{case}"}, once=True
    ),
}
_VIEW_MONEY, _SETTLE = Entry(needs=("payments.view",)), Entry(needs=("payments.settle",), target="payment")
_WITHDRAW = "/payments/{id:int}/settlements/{settlement:int}/withdraw"
_MONEY = {
    "GET /payments": _VIEW_MONEY,
    "POST /payments": Entry(needs=("payments.edit",)),
    "GET /payments/new": Entry(needs=("payments.edit",)),
    "GET /payments/cases/search": Entry(needs=("payments.edit", "payments.settle")),
    "GET /payments/export": Entry(needs=("payments.export",)),
    "GET /payments/{id:int}": Entry(needs=("payments.view",), target="payment"),
    "GET /payments/{id:int}/settle": _SETTLE,
    "POST /payments/{id:int}/settle": _SETTLE,
    f"GET {_WITHDRAW}": Entry(needs=("payments.withdraw",), target="payment"),
    f"POST {_WITHDRAW}": Entry(needs=("payments.withdraw",), target="payment"),
    "GET /payments/{id:int}/reverse": Entry(needs=("payments.withdraw",), target="payment"),
    "POST /payments/{id:int}/reverse": Entry(needs=("payments.withdraw",), target="payment"),
    "GET /payments/{id:int}/refund": Entry(needs=("payments.refund",), target="payment"),
    "POST /payments/{id:int}/refund": Entry(needs=("payments.refund",), target="payment"),
    "GET /suspense": _VIEW_MONEY,
    "GET /suspense/export": Entry(needs=("payments.export",)),
    "GET /repayments": _VIEW_MONEY,
    "GET /repayments/export": Entry(needs=("payments.export",)),
    "GET /accounts": _VIEW_MONEY,
    "POST /accounts": Entry(needs=("payments.setup",)),
    "GET /accounts/new": Entry(needs=("payments.setup",)),
    "GET /accounts/{id:int}": Entry(needs=("payments.view",), target="money account"),
    "POST /accounts/{id:int}": Entry(needs=("payments.setup",), target="money account"),
    "GET /schemes": _VIEW_MONEY,
    "GET /schemes/{id:int}": Entry(needs=("payments.view",), target="scheme"),
    "POST /schemes/{id:int}": Entry(needs=("payments.setup",), target="scheme"),
    "POST /schemes/{id:int}/copy": Entry(needs=("payments.setup",), target="scheme"),
    "GET /months": _VIEW_MONEY,
    "POST /months/{month}/close": Entry(needs=("payments.close_month",), target="month"),
    "POST /months/{month}/reopen": Entry(needs=("payments.close_month",), target="month", form={"reason": "a slip"}),
    "GET /cases/{id:int}/cash": Entry(needs=("payments.cash",), target="case"),
    "POST /cases/{id:int}/cash": Entry(needs=("payments.cash",), target="case"),
    "GET /cases/{id:int}/receipts/{payment:int}": Entry(needs=("cases.view",), target="receipt"),
}
_CALLS = {
    "GET /calls": Entry(needs=("calls.view",)),
    "GET /calls/export": Entry(needs=("calls.export",)),
    "GET /calls/{call:int}": Entry(needs=("calls.view",), target="call"),
    "GET /calls/{call:int}/caller": Entry(needs=("calls.result",), target="call"),
    "GET /calls/{call:int}/caller/search": Entry(needs=("calls.result",), target="call"),
    "POST /calls/{call:int}/caller/contact": Entry(needs=("calls.result",), target="call", form={"name": "Somebody"}),
    "GET /phone/config": Entry(needs=("calls.dial",), absent=True),
    "POST /phone/ready": Entry(needs=("calls.dial",)),
    "POST /calls/dial": Entry(needs=("calls.dial",)),
    **{
        f"POST /calls/{{call:int}}{path}": Entry(needs=(needed,), target="call", form=form)
        for path, needed, form in (
            ("/hangup", "calls.control", {}),
            ("/hold", "calls.control", {}),
            ("/unhold", "calls.control", {}),
            ("/transfer", "calls.control", {"target": "200"}),
            ("/recording", "recordings.pause", {"paused": "1"}),
            ("/recording/pause", "recordings.pause", {}),
            ("/recording/resume", "recordings.pause", {}),
            ("/note", "calls.result", {"note": "x"}),
            ("/bookmarks", "calls.result", {"label": "here", "at_ms": "10"}),
            ("/link", "calls.result", {}),
            ("/wrap-up/end", "calls.result", {}),
            ("/result", "calls.result", {"code": "no_answer"}),
        )
    },
}
_CALLBACKS = {
    "GET /callbacks": Entry(needs=("callbacks.view",)),
    "GET /callbacks/export": Entry(needs=("callbacks.view",)),
    "GET /callbacks/{id:int}": Entry(needs=("callbacks.view",), target="callback"),
    "POST /callbacks/{id:int}/take": Entry(needs=("callbacks.edit",), target="callback"),
    "POST /callbacks/{id:int}/move": Entry(needs=("callbacks.edit",), target="callback", form={"at": _LATER}),
    "POST /callbacks/{id:int}/cancel": Entry(needs=("callbacks.edit",), target="callback"),
    "POST /voicemail/{id:int}/callbacks": Entry(
        needs=("callbacks.edit",), reach="voicemail.listen", target="voicemail", form={"at": _LATER}
    ),
    "POST /cases/{case:int}/callbacks": Entry(
        needs=("callbacks.edit",),
        reach="cases.view",
        target="case to call back",
        form={"at": _LATER, "phone_id": "{phone}"},
    ),
}
_RECORDINGS = {
    "GET /recordings": Entry(needs=("recordings.listen",)),
    "GET /recordings/export": Entry(needs=("calls.export",)),
    "POST /recordings/export": Entry(needs=("recordings.download",), absent=True, form={"id": "999999"}),
    "GET /recordings/shared/{word}": Entry(needs=("recordings.listen",), target="shared recording"),
    "POST /recordings/marks/{mark:int}/delete": Entry(needs=("recordings.listen",), target="mark", once=True),
    "GET /recordings/{id:int}/audio": Entry(needs=("recordings.listen",), target="recording"),
    "GET /recordings/{id:int}/peaks": Entry(needs=("recordings.listen",), target="recording"),
    "GET /recordings/{id:int}/marks": Entry(needs=("recordings.listen",), target="recording"),
    "POST /recordings/{id:int}/marks": Entry(
        needs=("recordings.annotate",), target="recording", form={"at_ms": "5", "kind": "bookmark", "text": "here"}
    ),
    "POST /recordings/{id:int}/link": Entry(needs=("recordings.listen",), target="recording"),
}

_SUM = '{"amount": "10.00", "currency": "RUB"}'
_WINDOW = '"window_start": "2026-03-12T09:00:00Z", "window_end": "2026-03-12T10:00:00Z"'
_ABOUT = '"case_id": %(case)d, "phone": "+79000000099"'
_API = {
    "GET /api/v1/openapi.json": Entry(needs=PUBLIC),
    "GET /api/v1/calls": Entry(needs=("calls.view",)),
    "GET /api/v1/calls/{id:int}": Entry(needs=("calls.view",), target="call"),
    "POST /api/v1/calls": Entry(needs=("calls.dial",), target="case", reach="cases.view", body=f"{{{_ABOUT}}}"),
    **{
        f"POST /api/v1/calls/{{id:int}}/{verb}": Entry(needs=("calls.control",), target="call", body=body)
        for verb, body in (("hangup", "{}"), ("hold", "{}"), ("unhold", "{}"), ("transfer", '{"target": "200"}'))
    },
    "POST /api/v1/calls/{id:int}/result": Entry(needs=("calls.result",), target="call", body='{"code": "NA"}'),
    "GET /api/v1/recordings": Entry(needs=("recordings.listen",)),
    **{
        f"GET /api/v1/recordings/{{id:int}}{path}": Entry(needs=("recordings.listen",), target="recording")
        for path in ("", "/audio", "/peaks")
    },
    "GET /api/v1/callbacks": Entry(needs=("callbacks.view",)),
    "GET /api/v1/callbacks/{id:int}": Entry(needs=("callbacks.view",), target="callback"),
    "POST /api/v1/callbacks": Entry(
        needs=("callbacks.edit",), target="case", reach="cases.view", body=f"{{{_ABOUT}, {_WINDOW}}}"
    ),
    "POST /api/v1/callbacks/{id:int}/reschedule": Entry(
        needs=("callbacks.edit",), target="callback", body=f"{{{_WINDOW}}}"
    ),
    "POST /api/v1/callbacks/{id:int}/cancel": Entry(needs=("callbacks.edit",), target="callback"),
    "POST /api/v1/callbacks/{id:int}/dial": Entry(needs=("callbacks.edit",), target="callback"),
    "GET /api/v1/cases": Entry(needs=("cases.view",)),
    "GET /api/v1/cases/{id:int}": Entry(needs=("cases.view",), target="case"),
    "GET /api/v1/parties": Entry(needs=("cases.view",)),
    "GET /api/v1/phones/{e164}": Entry(needs=("cases.view",), target="number"),
    "GET /api/v1/promises": Entry(needs=("cases.view",)),
    "GET /api/v1/tasks": Entry(needs=("cases.view",)),
    "POST /api/v1/tasks": Entry(
        needs=("tasks.edit",),
        target="case",
        body='{"case_id": %(case)d, "title": "Call", "due_at": "2026-03-13T10:00:00Z"}',
    ),
    **{
        f"POST /api/v1/tasks/{{id:int}}/{verb}": Entry(needs=("tasks.edit",), target="task", body=body)
        for verb, body in (
            ("finish", "{}"),
            ("cancel", "{}"),
            ("move", '{"due_at": "2026-03-13T10:00:00Z"}'),
            ("give", "{}"),
        )
    },
    "GET /api/v1/worklists": Entry(needs=("cases.view",)),
    "POST /api/v1/next-case": Entry(needs=("cases.edit",)),
    "POST /api/v1/mass-actions": Entry(needs=("cases.mass",), target="case", body='{"cases": [%(case)d]}'),
    "GET /api/v1/mass-actions/{id:int}": Entry(needs=("cases.mass",), target="mass run"),
    "GET /api/v1/mass-actions/{id:int}/rows": Entry(needs=("cases.mass",), target="mass run"),
    **{
        f"POST /api/v1/mass-actions/{{id:int}}/{verb}": Entry(needs=("cases.mass",), target="mass run", body=body)
        for verb, body in (
            ("foresee", '{"action": "next"}'),
            ("start", '{"action": "next"}'),
            ("stop", "{}"),
            ("undo", "{}"),
        )
    },
    "GET /api/v1/menus": Entry(needs=("ivr.view",)),
    "GET /api/v1/menus/{id:int}": Entry(needs=("ivr.view",), target="menu"),
    "POST /api/v1/menus/{id:int}/publish": Entry(needs=("ivr.edit",), target="menu"),
    "POST /api/v1/menus/{id:int}/withdraw": Entry(needs=("ivr.edit",), target="menu"),
    "POST /api/v1/menus/{id:int}/queues": Entry(needs=("ivr.edit",), target="menu", body='{"queues": []}'),
    "GET /api/v1/prompts": Entry(needs=("ivr.view",)),
    "GET /api/v1/prompts/{name}/audio": Entry(needs=("ivr.view",), target="menu sound"),
    "GET /api/v1/voicemail": Entry(needs=("voicemail.listen",)),
    "GET /api/v1/voicemail/{id:int}": Entry(needs=("voicemail.listen",), target="voicemail"),
    "GET /api/v1/voicemail/{id:int}/audio": Entry(needs=("voicemail.listen",), target="voicemail"),
    "POST /api/v1/voicemail/{id:int}/heard": Entry(needs=("voicemail.listen",), target="voicemail"),
    "GET /api/v1/campaigns": Entry(needs=("campaigns.view",)),
    "POST /api/v1/campaigns": Entry(needs=("campaigns.edit",), body='{"name": "Spring", "mode": "progressive"}'),
    **{
        f"GET /api/v1/campaigns/{{id:int}}{path}": Entry(needs=("campaigns.view",), target="campaign")
        for path in ("", "/cases", "/attempts", "/figures")
    },
    **{
        f"POST /api/v1/campaigns/{{id:int}}/{verb}": Entry(needs=("campaigns.run",), target="campaign")
        for verb in ("start", "pause", "end")
    },
    "POST /api/v1/campaigns/{id:int}/cases": Entry(needs=("campaigns.edit",), target="campaign", body='{"cases": [1]}'),
    "GET /api/v1/claims": Entry(needs=("cases.view",)),
    "GET /api/v1/claims/{id:int}": Entry(needs=("cases.view",), target="claim"),
    "POST /api/v1/claims": Entry(
        needs=("ledger.edit",),
        target="case",
        body='{"case_id": %(case)d, "number": "2", "reason": "late", "principal": {"amount": "1", "currency": "RUB"}}',
    ),
    "POST /api/v1/claims/{id:int}/correct": Entry(
        needs=("ledger.edit",), target="claim", body='{"reason": "late", "number": "7"}'
    ),
    "GET /api/v1/payments": Entry(needs=("payments.view",)),
    "GET /api/v1/payments/{id:int}": Entry(needs=("payments.view",), target="payment"),
    "GET /api/v1/allocations": Entry(needs=("payments.view",)),
    "POST /api/v1/payments": Entry(
        needs=("payments.edit",),
        target="money account",
        body='{"account_id": %(id)s, "value_on": "2026-03-11", "amount": {"amount": "1.00", "currency": "RUB"}}',
    ),
    **{
        f"POST /api/v1/payments/{{id:int}}/{verb}": Entry(needs=(f"payments.{needed}",), target="payment", body=body)
        for verb, needed, body in (
            ("settle", "settle", "{}"),
            ("withdraw", "withdraw", '{"settlement_id": %(settlement)s, "reason": "a mistake"}'),
            ("reverse", "withdraw", '{"reason": "no funds"}'),
            ("refund", "refund", '{"amount": {"amount": "1.00", "currency": "RUB"}, "reason": "asked for"}'),
        )
    },
    "POST /api/v1/promises": Entry(
        needs=("promises.edit",),
        target="case",
        body=f'{{"case_id": %(case)d, "due_on": "2026-03-12", "amount": {_SUM}}}',
    ),
    "POST /api/v1/promises/{id:int}/cancel": Entry(
        needs=("promises.edit",), target="promise", body='{"reason": "he cannot pay"}'
    ),
    "POST /api/v1/contact-check": Entry(
        needs=("cases.view",), target="case", body=f'{{"party_id": %(party)d, {_ABOUT}}}'
    ),
    "GET /api/v1/agents": Entry(needs=("agents.view",)),
    "POST /api/v1/agents/{id:int}/state": Entry(needs=("agents.state",), target="user", body='{"state": "available"}'),
}

_TERMS = {"name": "Own", "kind": "flat", "bases": "principal", "band_percent": "10", "valid_from": "2026-01-01"}
_EARNINGS = {
    f"{method} {path}": Entry(needs=(needed,), target=target or None, form=form, once="remove" in path)
    for method, path, needed, target, form in (
        ("GET", "/commission", "commission.view", "", {}),
        ("POST", "/commission", "commission.edit", "", _TERMS),
        ("GET", "/commission/new", "commission.edit", "", {}),
        ("GET", "/commission/recount", "commission.edit", "", {}),
        ("POST", "/commission/recount", "commission.edit", "", {"creditor_id": "999999", "from_on": "2026-03-01"}),
        ("GET", "/commission/{id:int}", "commission.view", "commission terms", {}),
        ("POST", "/commission/{id:int}", "commission.edit", "commission terms", _TERMS),
        ("POST", "/commission/{id:int}/remove", "commission.edit", "commission terms", {}),
        ("GET", "/remittances", "commission.view", "", {}),
        ("POST", "/remittances", "commission.edit", "", {}),
        ("GET", "/remittances/new", "commission.edit", "", {}),
        ("GET", "/remittances/{id:int}", "commission.view", "remittance", {}),
        ("POST", "/remittances/{id:int}/issue", "commission.edit", "remittance", {}),
        ("POST", "/remittances/{id:int}/cancel", "commission.edit", "remittance", {}),
        ("GET", "/remittances/{id:int}/export", "commission.view", "remittance", {}),
        ("GET", "/remittances/{id:int}/pdf", "commission.view", "remittance", {}),
        ("GET", "/bonuses", "planning.bonus", "", {}),
        ("GET", "/bonuses/export", "planning.bonus", "", {}),
        ("GET", "/bonuses/rules", "planning.bonus", "", {}),
        ("GET", "/bonuses/rules/{id:int}", "planning.edit", "role", {}),
        ("POST", "/bonuses/rules/{id:int}", "planning.edit", "role", {"percent": "2"}),
        ("GET", "/bonuses/{id:int}/{month}", "planning.bonus", "bonus", {}),
    )
}

POLICIES: dict[str, Entry] = {
    "GET /": _ME,
    "GET /search": _ME,
    "GET /login": Entry(needs=PUBLIC),
    "POST /login": Entry(needs=PUBLIC),
    "POST /logout": _ME,
    "GET /me": _ME,
    "POST /me": _ME,
    "POST /me/language": _ME,
    "POST /me/theme": _ME,
    "GET /me/password": _ME,
    "POST /me/password": _ME,
    "GET /me/factor": _ME,
    "POST /me/factor": _ME,
    "POST /me/factor/confirm": _ME,
    "POST /me/factor/drop": _ME,
    "POST /me/sessions/others": _ME,
    "POST /me/sessions/{id:int}/end": Entry(needs=SIGNED_IN, target="own session", once=True),
    "POST /me/views": _ME,
    "POST /me/views/{id:int}/forget": Entry(needs=SIGNED_IN, target="own view", once=True),
    "GET /users": Entry(needs=("users.view",)),
    "POST /users": Entry(needs=("users.edit",)),
    "GET /users/export": Entry(needs=("users.view",)),
    "GET /users/new": Entry(needs=("users.edit",)),
    "GET /users/{id:int}": Entry(needs=("users.view",), target="user"),
    "POST /users/{id:int}": _USER,
    "GET /users/{id:int}/edit": _USER,
    "POST /users/{id:int}/activate": _USER,
    "POST /users/{id:int}/deactivate": _USER,
    "POST /users/{id:int}/delete": Entry(needs=("users.edit",), target="user", once=True),
    "POST /users/{id:int}/password": _USER,
    "POST /users/{id:int}/factor/drop": _USER,
    "POST /users/{id:int}/sessions/end": Entry(needs=("sessions.kill",), target="user"),
    "POST /users/{id:int}/sessions/{session:int}/end": Entry(needs=("sessions.kill",), target="user session"),
    "GET /units": Entry(needs=("users.view", "units.edit")),
    "POST /units": Entry(needs=("units.edit",)),
    "GET /units/new": Entry(needs=("units.edit",)),
    "GET /units/{id:int}": Entry(needs=("units.edit",), target="unit"),
    "POST /units/{id:int}": Entry(needs=("units.edit",), target="unit"),
    "POST /units/{id:int}/delete": Entry(needs=("units.edit",), target="unit", once=True),
    "GET /roles": Entry(needs=("roles.edit",)),
    "POST /roles": Entry(needs=("roles.edit",)),
    "GET /roles/new": Entry(needs=("roles.edit",)),
    "GET /roles/{id:int}": Entry(needs=("roles.edit",), target="role"),
    "POST /roles/{id:int}": Entry(needs=("roles.edit",), target="role"),
    "POST /roles/{id:int}/delete": Entry(needs=("roles.edit",), target="role", once=True),
    "GET /profiles": Entry(needs=("profiles.edit",)),
    "POST /profiles": Entry(needs=("profiles.edit",)),
    "GET /profiles/new": Entry(needs=("profiles.edit",)),
    "GET /profiles/{id:int}": Entry(needs=("profiles.edit",), target="profile"),
    "POST /profiles/{id:int}": Entry(needs=("profiles.edit",), target="profile"),
    "POST /profiles/{id:int}/delete": Entry(needs=("profiles.edit",), target="profile", once=True),
    "GET /announcements": Entry(needs=("announcements.edit",)),
    "POST /announcements": Entry(needs=("announcements.edit",)),
    "POST /announcements/{id:int}/end": Entry(needs=("announcements.edit",), target="announcement"),
    "GET /tokens": Entry(needs=("tokens.edit",)),
    "POST /tokens": Entry(needs=("tokens.edit",)),
    "POST /tokens/{id:int}/revoke": Entry(needs=("tokens.edit",), target="token"),
    "GET /audit": Entry(needs=("audit.view",)),
    "GET /audit/{id:int}": Entry(needs=("audit.view",), target="entry"),
    "POST /audit/verify": Entry(needs=("audit.view",)),
    **_CASES,
    **_AGREED,
    **_LIFE,
    **_WORK,
    **_DEBT,
    **_INTEREST,
    **_LAW,
    **_DIRECTORIES,
    **_CAMPAIGNS,
    **_QUEUES,
    **_MENUS,
    **_LISTS,
    **_CREDITORS,
    **_MONEY,
    **_EARNINGS,
    **_CALLS,
    **_CALLBACKS,
    **_RECORDINGS,
    **_API,
    "WS /live": _ME,
    "WS /api/v1/live": _ME,
    "POST /me/state": Entry(needs=("agents.state",)),
    "GET /reports": Entry(needs=("productivity.view",)),
    "GET /reports/export": Entry(needs=("productivity.export",)),
    "GET /reports/pdf": Entry(needs=("productivity.export",)),
    "GET /reports/mail": Entry(needs=("productivity.export",)),
    "GET /reports/mail/new": Entry(needs=("productivity.export",)),
    "POST /reports/mail": Entry(needs=("productivity.export",), form=_MAILED),
    "GET /reports/mail/{id:int}": Entry(needs=("productivity.export",), target="report schedule"),
    "POST /reports/mail/{id:int}": Entry(needs=("productivity.export",), target="report schedule", form=_MAILED),
    "POST /reports/mail/{id:int}/remove": Entry(needs=("productivity.export",), target="report schedule", once=True),
    "GET /shifts": Entry(needs=("productivity.plan",)),
    "POST /shifts/copy": Entry(needs=("productivity.plan",), form={"onto": "2030-01-07"}),
    "GET /shifts/{id:int}": Entry(needs=("productivity.plan",), target="user"),
    "POST /shifts/{id:int}": Entry(
        needs=("productivity.plan",),
        target="user",
        form={"day": "2026-03-12", "start": "09:00", "end": "18:00", "from-0": "13:00", "to-0": "14:00"},
    ),
    "GET /health": Entry(needs=PUBLIC),
    "GET /metrics": Entry(needs=LOCAL),
}

_EVERYBODY = {"anna", "clara", "diego"}
_DESK = {"admin": _EVERYBODY, "maria": {"anna", "clara"}, "sofia": {"anna"}, "bella": set[str]()}

#: What each role may reach, by hand: the users within each right's scope. Whoever is not named lacks the right.
REACH: dict[str, dict[str, set[str]]] = {
    "users.view": {
        "admin": {"anna", "clara", "diego"},
        "maria": {"anna", "clara"},
        "sofia": {"anna"},
    },
    "users.edit": {"admin": {"anna", "clara", "diego"}, "maria": {"anna", "clara"}},
    "agents.log_out": {"admin": {"anna", "clara", "diego"}, "maria": {"anna", "clara"}, "sofia": {"anna"}},
    "sessions.kill": {"admin": {"anna", "clara", "diego"}, "maria": {"anna", "clara"}, "sofia": {"anna"}},
    "cases.view": {**_DESK, "karl": _EVERYBODY, "ada": _EVERYBODY},
    "cases.edit": {**_DESK, "karl": _EVERYBODY},
    "cases.assign": {name: reach for name, reach in _DESK.items() if name != "bella"},
    "productivity.plan": {name: reach for name, reach in _DESK.items() if name != "bella"},
    "tasks.edit": {**_DESK, "karl": _EVERYBODY},
    "plans.approve": {name: reach for name, reach in _DESK.items() if name != "bella"},
    "cases.close": {"admin": _EVERYBODY, "maria": {"anna", "clara"}},
    "ledger.edit": {"admin": _EVERYBODY, "maria": _EVERYBODY, "ada": _EVERYBODY},
    "interest.edit": {"admin": _EVERYBODY, "maria": _EVERYBODY, "ada": _EVERYBODY},
    "compliance.block": {**_DESK, "karl": _EVERYBODY},
    "payments.cash": {**_DESK, "ada": _EVERYBODY},
    "callbacks.view": {**_DESK, "karl": set()},
    "callbacks.edit": {**_DESK, "karl": set()},
    **dict.fromkeys(
        (
            "promises.edit",
            "plans.edit",
            "calls.view",
            "calls.dial",
            "calls.control",
            "calls.result",
            "agents.state",
            "recordings.listen",
            "recordings.annotate",
            "recordings.pause",
            "voicemail.listen",
            "productivity.view",
        ),
        _DESK,
    ),
}

#: Who has the rights that reach everything, by hand.
HOLDERS: dict[str, set[str]] = {
    "units.edit": {"admin", "maria"},
    "roles.edit": {"admin"},
    "profiles.edit": {"admin"},
    "announcements.edit": {"admin", "maria"},
    "tokens.edit": {"admin"},
    "audit.view": {"admin"},
    "settings.edit": {"admin"},
    "agents.view": {"admin", "maria", "sofia"},
    "campaigns.view": {"admin", "maria", "sofia"},
    "campaigns.run": {"admin", "maria", "sofia"},
    "campaigns.work": {"admin", "maria", "sofia", "bella"},
    "campaigns.edit": {"admin", "maria"},
    "campaigns.export": {"admin", "maria"},
    "queues.view": {"admin", "maria", "sofia"},
    **{
        f"supervision.{what}": {"admin", "maria", "sofia"}
        for what in ("board", "wall", "listen", "whisper", "barge", "take_over", "message", "coach")
    },
    "queues.edit": {"admin", "maria"},
    "ivr.view": {"admin", "maria", "sofia"},
    "ivr.edit": {"admin", "maria"},
    "creditors.view": {"admin", "maria", "karl", "ada"},
    "creditors.edit": {"admin", "maria"},
    "orders.edit": {"admin", "maria", "karl"},
    "cases.import": {"admin", "maria", "karl"},
    "payments.import": {"admin", "ada"},
    "payments.settle": {"admin", "ada"},
    "cases.mass": {"admin", "maria", "sofia", "karl"},
    "worklists.setup": {"admin", "maria"},
    "company.edit": {"admin", "maria"},
    "payments.view": {"admin", "maria", "ada"},
    "payments.edit": {"admin", "ada"},
    "payments.withdraw": {"admin", "ada"},
    "payments.refund": {"admin", "ada"},
    "planning.view": {"admin", "maria", "sofia", "ada"},
    "planning.edit": {"admin", "maria"},
    "payments.export": {"admin", "maria", "ada"},
    "payments.setup": {"admin", "ada"},
    "payments.close_month": {"admin", "ada"},
    "planning.bonus": {"admin", "maria", "ada"},
    "commission.view": {"admin", "maria", "ada"},
    "commission.edit": {"admin", "ada"},
    "calls.export": {"admin", "maria"},
    "calls.directory": {"admin", "maria"},
    "agents.directory": {"admin", "maria"},
    "compliance.lift": {"admin", "maria"},
    "compliance.rules": {"admin"},
    "cases.export": {"admin", "maria", "karl", "ada"},
    "recordings.download": {"admin", "maria"},
    "productivity.export": {"admin", "maria", "sofia"},
    **{right: set(reach) for right, reach in REACH.items()},
}

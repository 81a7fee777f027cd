"""Screens with invented people on them, filled to the brim: long names, many rows, every state."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from core.kernel.i18n import msg
from core.kernel.money import Money
from web.pages import listing
from web.pages.cases import case_view as cases
from web.pages.cases import debt_view as debt
from web.pages.frame import AgentBadge, AgentChoice, Frame, Lamp, Me, NavGroup, NavItem
from web.pages.listing import Align, Column, Filter, FilterKind, ListView, Option, Row, State, Tone

NOW = datetime(2026, 11, 12, 15, 12, tzinfo=UTC)
ZONE = "Asia/Yekaterinburg"

NAV = {
    "Desk": [("Desk", "/", "layout-dashboard")],
    "Calls": [
        ("Callbacks", "/callbacks", "calendar-time"),
        ("Call log", "/calls", "phone-call"),
        ("Recordings", "/recordings", "microphone"),
        ("Quality", "/quality", "rosette-discount-check"),
    ],
    "Floor": [("Live board", "/floor", "activity"), ("Queues", "/queues", "users-group")],
    "Cases": [
        ("Cases", "/cases", "folders"),
        ("Debtors", "/parties", "users"),
        ("Import", "/import", "file-import"),
    ],
    "Money": [("Payments", "/payments", "cash"), ("Promises and plans", "/promises", "heart-handshake")],
    "Insight": [("Reports", "/reports", "chart-bar")],
    "Settings": [("Users", "/users", "user-cog"), ("Settings", "/settings", "settings")],
}


def frame(active: str = "/cases", *, theme: str = "auto", language: str = "en", phone: bool = True) -> Frame:
    groups = tuple(
        NavGroup(
            label=msg(label),
            entries=tuple(
                NavItem(label=msg(name), href=href, icon=icon, active=href == active) for name, href, icon in entries
            ),
        )
        for label, entries in NAV.items()
    )
    return Frame(
        me=Me(
            name="Константинопольская Александра",
            login="collector",
            language=language,
            zone="Europe/Moscow",
            theme=theme,
            has_phone=phone,
        ),
        nav=groups,
        telephony=Lamp(up=True, detail=msg("All exchanges answer"), since=NOW),
        agent=AgentBadge(
            value="available",
            state=State(word=msg("Available"), icon="circle-check", tone=Tone.LIVE),
            since=NOW,
            choices=(
                AgentChoice(value="available", label=msg("Available"), icon="circle-check"),
                AgentChoice(value="pause", label=msg("Lunch"), icon="tools-kitchen-2", reason="lunch"),
                AgentChoice(value="pause", label=msg("Training"), icon="school", reason="training"),
                AgentChoice(value="offline", label=msg("Offline"), icon="power"),
            ),
        ),
        notices=3,
    )


def roubles(amount: str) -> Money:
    return Money(Decimal(amount), "RUB")


def _row(number: int) -> Row:
    name = "Верхнеуральский-Белозерский Константин Всеволодович" if number % 5 == 0 else f"Абонентов Пётр {number}"
    states = (
        State(word=msg("In work"), icon="progress", tone=Tone.ACT),
        State(word=msg("Promise broken"), icon="heart-broken", tone=Tone.LAW),
        State(word=msg("Paid"), icon="circle-check", tone=Tone.LIVE),
    )
    cells: Mapping[str, listing.Cell] = {
        "case": listing.TextCell(f"2026-{number:05}"),
        "debtor": listing.TextCell(name, f"/parties/{number}", note="договор 77-ЗК/2019"),
        "phone": listing.PhoneCell(f"+790000000{number:02}", number, number),
        "state": listing.StateCell(states[number % 3]),
        "sum": listing.MoneyCell(roubles(f"{number * 137_421}.55"), strong=True),
        "last": listing.TimeCell(NOW - timedelta(hours=7 * number), ZONE),
        "talk": listing.DurationCell(number * 37.0),
        "recording": listing.RecordingCell(number if number % 2 else None),
    }
    return Row(id=str(number), cells=cells, href=f"/cases/{number}")


def agreed() -> debt.Agreements:
    """An open promise, a broken one, and a plan that is late."""
    promise = debt.PromiseLine(
        promise_id=2,
        due=date(2026, 11, 20),
        last_day=date(2026, 11, 21),
        amount=roubles("15000"),
        paid=roubles("4000"),
        state=State(word=msg("open"), icon="clock", tone=Tone.ACT),
        kind=msg("Promise to pay"),
        by="Коллектор Анна",
        may_cancel=True,
    )
    broken = replace(
        promise,
        promise_id=1,
        due=date(2026, 10, 20),
        paid=roubles("0"),
        state=State(word=msg("broken"), icon="heart-broken", tone=Tone.LAW),
        may_cancel=False,
    )
    lines = tuple(
        debt.InstalmentLine(
            n=n,
            due=date(2026, 6 + n, 15),
            amount=roubles("12500"),
            paid=roubles("12500" if n == 1 else "0"),
            state=State(word=msg("paid"), icon="circle-check", tone=Tone.LIVE)
            if n == 1
            else State(word=msg("missed"), icon="alert-triangle", tone=Tone.LAW),
        )
        for n in (1, 2, 3)
    )
    plan = debt.PlanLine(
        plan_id=1,
        state=State(word=msg("defaulted"), icon="heart-broken", tone=Tone.LAW),
        total=roubles("37500"),
        paid=roubles("12500"),
        percent=33,
        instalments=lines,
        by="Коллектор Анна",
    )
    return debt.Agreements(
        promises=(promise, broken),
        plans=(plan,),
        agreeing=debt.Agreeing(
            sums=(
                debt.Quick(label=msg("Whole balance"), value="187670.57", shown=roubles("187670.57"), key=1),
                debt.Quick(label=msg("Half"), value="93835.29", shown=roubles("93835.29"), key=2),
                debt.Quick(label=msg("As promised last"), value="15000.00", shown=roubles("15000"), key=3),
            ),
            days=(
                debt.Quick(label=msg("Today"), value="2026-11-12", shown=date(2026, 11, 12), key=5),
                debt.Quick(label=msg("Friday"), value="2026-11-13", shown=date(2026, 11, 13), key=6),
                debt.Quick(label=msg("In a week"), value="2026-11-19", shown=date(2026, 11, 19), key=8),
            ),
            types=(Option(value="1", label=msg("Promise to pay")), Option(value="2", label=msg("Part payment"))),
            rhythms=(Option(value="monthly", label=msg("every month")),),
            may_promise=True,
            may_plan=True,
            replaces=promise,
            first_on=date(2026, 11, 19),
        ),
    )


def case_list(rows: int = 25) -> ListView:
    return ListView(
        key="cases",
        title=msg("Cases"),
        path="/cases",
        columns=(
            Column(key="case", label=msg("Case"), sortable=True),
            Column(key="debtor", label=msg("Debtor"), sortable=True),
            Column(key="phone", label=msg("Phone")),
            Column(key="state", label=msg("State"), sortable=True),
            Column(key="sum", label=msg("To pay"), align=Align.END, sortable=True),
            Column(key="last", label=msg("Last contact"), sortable=True),
            Column(key="talk", label=msg("Talk"), align=Align.END),
            Column(key="recording", label=msg("Recording")),
        ),
        rows=tuple(_row(number) for number in range(1, rows + 1)),
        empty=listing.EmptyState(
            title=msg("No cases yet"),
            hint=msg("Cases come from a creditor's registry. Import one to begin."),
            action=msg("Import cases"),
            action_href="/import",
        ),
        query=(("q", ""), ("stage", "hard"), ("sort", "-sum")),
        filters=(
            Filter(
                key="stage",
                label=msg("Stage"),
                kind=FilterKind.SELECT,
                options=(Option(value="soft", label=msg("Soft")), Option(value="hard", label=msg("Hard"))),
                value="hard",
            ),
            Filter(key="sum", label=msg("To pay"), kind=FilterKind.RANGE),
            Filter(key="due", label=msg("Due"), kind=FilterKind.DATE),
            Filter(key="promise", label=msg("Has a promise"), kind=FilterKind.BOOL),
        ),
        search="",
        search_hint=msg("Case, contract, name, phone"),
        sort="-sum",
        total=1_042_317,
        next_cursor="abc",
        saved=(listing.SavedFilter(id=1, name="Обещали на этой неделе", query="promise=1", shared=True),),
        save_href="/filters",
        may_share=True,
        exports=(listing.Export(label=msg("Excel"), href="/cases.xlsx"),),
        actions=(
            listing.MassAction(label=msg("Give to a collector"), href="/mass/choose?action=assign", icon="user-share"),
            listing.MassAction(
                label=msg("Move to a stage"), href="/cases/stage", confirm=msg("Move the chosen cases?")
            ),
        ),
        create=msg("New case"),
        create_href="/cases/new",
    )


RESULTS = (
    ("RPC-PTP", "Promise to pay", "heart-handshake", cases.Needs.PROMISE, False),
    ("RPC-REFUSE", "Refuses to pay", "thumb-down", cases.Needs.REASON, False),
    ("RPC-DISPUTE", "Disputes the debt", "scale", cases.Needs.DOCUMENT, False),
    ("TPC", "Third party", "users", cases.Needs.NOTHING, False),
    ("WRONG", "Wrong number", "phone-x", cases.Needs.NOTHING, False),
    ("RPC-CALLBACK", "Asked to call back", "calendar-time", cases.Needs.DATE, False),
    ("RPC-PAID", "Claims already paid", "receipt", cases.Needs.NOTHING, False),
    ("RPC-PLAN", "Plan agreed", "list-numbers", cases.Needs.PLAN, False),
    ("NA", "No answer", "phone-off", cases.Needs.NOTHING, False),
    ("BANKRUPT", "Bankruptcy", "gavel", cases.Needs.DOCUMENT, True),
)


def caller(*, known: bool = True) -> cases.CallerView:
    people = (("Белозерская Мария", "relative"), ("Абонентов Пётр", "debtor"))
    return cases.CallerView(
        call=cases.CurrentCall(
            call_id=11,
            state=State(word=msg("Ringing"), icon="bell-ringing", tone=Tone.LIVE),
            phone="+79000000011" if known else None,
            person="",
            started_at=NOW,
        ),
        phone="+79000000011" if known else None,
        candidates=tuple(
            cases.Candidate(
                name=name,
                role=msg(role),
                case_number="2026-00007",
                party_id=7,
                case_id=70,
                reason=msg("The number is on this case, last talk 2 days ago"),
                creditor="ООО МФК «Быстрые Деньги Плюс»",
                overdue=roubles("187670.57"),
            )
            for name, role in people
        )
        if known
        else (),
        link_href="/callers/11/search",
        create_href="/callers/11",
    )


def case(*, allowed: bool = True, call: bool = True) -> cases.CaseView:
    line = cases.PhoneLine(
        phone_id=1,
        number="+79000000001",
        owner="Верхнеуральский-Белозерский К. В.",
        kind=msg("mobile"),
        state=State(word=msg("Confirmed"), icon="circle-check", tone=Tone.LIVE),
        zone=ZONE,
        now=NOW,
        allowed=allowed,
        reason=msg("The week's calls are used up"),
        best=True,
        last_at=NOW - timedelta(days=2),
        last_result=msg("No answer"),
    )
    return cases.CaseView(
        identity=cases.Identity(
            party_id=1,
            name="Верхнеуральский-Белозерский Константин Всеволодович",
            role=msg("debtor"),
            case_id=7,
            case_number="2026-00007",
            creditor="ООО МФК «Быстрые Деньги Плюс»",
            stage=msg("Hard collection"),
            state=State(word=msg("In work"), icon="progress", tone=Tone.ACT),
            zone=ZONE,
            birth_date=date(1984, 2, 29),
            masked_id="65 ** *** 417",
            language="русский",
            collector="Константинопольская А.",
            contract="77-ЗК/2019",
        ),
        contact=cases.ContactPanel(
            allowed=allowed,
            reason=msg("The week's calls are used up"),
            rules=(
                cases.RuleLine(
                    text=msg("Working hours 8:00–22:00 in the debtor's zone"), clause="230-ФЗ 7.3.1", passed=True
                ),
                cases.RuleLine(text=msg("At most 2 talks a week"), clause="230-ФЗ 7.3.3", passed=allowed),
                cases.RuleLine(text=msg("No refusal was received"), clause="230-ФЗ 8", passed=True, confirmed=False),
            ),
            zone=ZONE,
            now=NOW,
            until=NOW + timedelta(hours=2) if allowed else None,
            next_allowed_at=None if allowed else NOW + timedelta(days=3),
            next_limit_at=NOW + timedelta(days=3),
            attempts=(
                cases.Attempts(used=1, limit=1, period=msg("today")),
                cases.Attempts(used=1 if allowed else 2, limit=2, period=msg("this week")),
            ),
            jurisdiction="RU",
        ),
        balance=debt.Balance(
            as_of=NOW.date(),
            parts=(
                debt.BalancePart(label=msg("Principal"), amount=roubles("150000.00")),
                debt.BalancePart(label=msg("Interest"), amount=roubles("31250.40")),
                debt.BalancePart(label=msg("Penalty"), amount=roubles("4120.17")),
                debt.BalancePart(label=msg("Court fee"), amount=roubles("2300.00")),
            ),
            total=roubles("187670.57"),
            href="/cases/7/balance?on=2026-11-12",
            to_resettle=True,
        ),
        claims=(
            debt.ClaimLine(
                number="77-ЗК/2019",
                title=msg("Consumer loan"),
                open=roubles("187670.57"),
                age_days=1021,
                limitation_on=date(2026, 12, 24),
                alarm=State(word=msg("Limitation in 42 days"), icon="alarm", tone=Tone.LAW),
            ),
        ),
        agreed=agreed(),
        money=debt.MoneyBox(
            payments=(
                debt.PaymentLine(
                    on=date(2026, 9, 2),
                    amount=roubles("3200"),
                    source=msg("bank transfer"),
                    state=State(word=msg("Stands"), icon="circle-check", tone=Tone.LIVE),
                    lines=(
                        debt.RepaymentLine(
                            claim="1", component=msg("principal"), amount=roubles("3200"), why=msg("Oldest first.")
                        ),
                    ),
                ),
            ),
            may_take_cash=True,
        ),
        script=(
            cases.ScriptStep(
                title=msg("Say who you are"), text=msg("Name, company, whom you act for, the call is recorded.")
            ),
            cases.ScriptStep(
                title=msg("Make sure who it is"), text=msg("Ask the birth date before a word about the debt.")
            ),
            cases.ScriptStep(title=msg("Name the sum"), text=msg("The sum as of today and what it is made of.")),
        ),
        contacts=tuple(
            cases.ContactLine(
                at=NOW - timedelta(days=days),
                icon="phone-outgoing",
                direction=msg("outbound"),
                person="Верхнеуральский-Белозерский К. В.",
                collector="Константинопольская А.",
                result=msg("Promise to pay"),
                note="Просил позвонить после зарплаты, обещал внести пятнадцать тысяч двадцатого.",
                talk_seconds=184,
                recording_id=days,
            )
            for days in (2, 9, 30)
        ),
        timeline=tuple(
            cases.TimelineEntry(
                at=NOW - timedelta(days=days),
                kind=kind,
                icon=icon,
                title=msg(title),
                text="Исходящее уведомление о переуступке права требования",
                author="Константинопольская А.",
                href="/calls/1",
            )
            for days, kind, icon, title in (
                (2, "call", "phone", "Call"),
                (5, "letter", "mail", "Letter"),
                (9, "payment", "cash", "Payment"),
                (12, "note", "note", "Note"),
            )
            * 3
        ),
        timeline_kinds=(
            cases.TimelineKind(value="call", label=msg("Calls"), icon="phone"),
            cases.TimelineKind(value="letter", label=msg("Letters"), icon="mail"),
            cases.TimelineKind(value="payment", label=msg("Payments"), icon="cash"),
            cases.TimelineKind(value="note", label=msg("Notes"), icon="note"),
        ),
        phones=(
            line,
            replace(
                line,
                phone_id=2,
                number="+79000000002",
                best=False,
                allowed=False,
                kind=msg("work"),
                state=State(word=msg("Doubtful"), icon="help-circle"),
            ),
        ),
        people=(
            cases.PersonLine(
                party_id=1,
                name="Верхнеуральский-Белозерский К. В.",
                role=msg("debtor"),
                href="/parties/1",
                may_discuss=True,
            ),
            cases.PersonLine(party_id=2, name="Белозерская Мария", role=msg("relative"), href="/parties/2"),
        ),
        documents=(
            cases.DocumentLine(
                name="Уведомление_об_уступке_77-ЗК-2019.pdf",
                kind=msg("letter"),
                on=date(2026, 9, 1),
                href="/documents/1",
            ),
        ),
        callbacks=(
            cases.CallbackLine(
                at=NOW + timedelta(days=1),
                state=State(word=msg("Planned"), icon="clock"),
                owner="Константинопольская А.",
                reason="после зарплаты",
                href="/callbacks/1",
            ),
        ),
        results=tuple(
            cases.ResultChoice(
                code=code, label=msg(label), icon=icon, needs=needs, key=key if key < 10 else None, blocks=blocks
            )
            for key, (code, label, icon, needs, blocks) in enumerate(RESULTS, 1)
        ),
        call=cases.CurrentCall(
            call_id=4_503_599_627_370_497,
            state=State(word=msg("Talking"), icon="phone-call", tone=Tone.LIVE),
            phone="+79000000001",
            person="Верхнеуральский-Белозерский К. В.",
            started_at=NOW - timedelta(seconds=40),
            answered_at=NOW - timedelta(seconds=31),
            recording=cases.Recording.ON,
        )
        if call
        else None,
    )

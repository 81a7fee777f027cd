"""The document describes what is there, and nothing that is thrown at the API breaks it or the document's word."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from callcenter.campaigns.model import CampaignState
from core.cases.model import COMPONENTS, MassState
from tests.factories.desk import Desk
from tests.factories.money import money_account
from tests.integration.api.conftest import Program
from tests.plugins.web import HOST
from web.api.v1.index import OPERATIONS
from web.api.v1.openapi import document
from web.routes import ROUTES
from web.security import GuardedRoute

EXAMPLES = 25
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
_PROMISED = {
    "GET /calls",
    "GET /calls/{id}",
    "POST /calls",
    *(f"POST /calls/{{id}}/{verb}" for verb in ("hangup", "hold", "unhold", "transfer", "result")),
    *(f"GET /recordings{path}" for path in ("", "/{id}", "/{id}/audio", "/{id}/peaks")),
    "GET /callbacks",
    "GET /callbacks/{id}",
    "POST /callbacks",
    *(f"POST /callbacks/{{id}}/{verb}" for verb in ("reschedule", "cancel", "dial")),
    "GET /cases",
    "GET /cases/{id}",
    "GET /parties",
    "GET /payments",
    "GET /payments/{id}",
    "POST /payments",
    *(f"POST /payments/{{id}}/{verb}" for verb in ("settle", "withdraw", "reverse", "refund")),
    "GET /allocations",
    "GET /phones/{e164}",
    "GET /worklists",
    "POST /next-case",
    "GET /tasks",
    "POST /tasks",
    *(f"POST /tasks/{{id}}/{verb}" for verb in ("finish", "cancel", "move", "give")),
    "POST /mass-actions",
    *(f"GET /mass-actions/{{id}}{path}" for path in ("", "/rows")),
    *(f"POST /mass-actions/{{id}}/{verb}" for verb in ("foresee", "start", "stop", "undo")),
    "GET /claims",
    "GET /claims/{id}",
    "POST /claims",
    "POST /claims/{id}/correct",
    "GET /campaigns",
    "POST /campaigns",
    *(f"GET /campaigns/{{id}}{path}" for path in ("", "/cases", "/attempts", "/figures")),
    *(f"POST /campaigns/{{id}}/{verb}" for verb in ("start", "pause", "end", "cases")),
    "GET /menus",
    "GET /menus/{id}",
    *(f"POST /menus/{{id}}/{verb}" for verb in ("publish", "withdraw", "queues")),
    "GET /prompts",
    "GET /prompts/{name}/audio",
    *(f"GET /voicemail{path}" for path in ("", "/{id}", "/{id}/audio")),
    "POST /voicemail/{id}/heard",
    "GET /promises",
    "POST /promises",
    "POST /promises/{id}/cancel",
    "POST /contact-check",
    "GET /agents",
    "POST /agents/{id}/state",
}


def described() -> dict[str, Any]:
    """``GET /calls`` … and what the document says of it."""
    paths = document(OPERATIONS)["paths"]
    return {f"{method.upper()} {path}": one for path, methods in paths.items() for method, one in methods.items()}


def test_what_was_promised_is_described() -> None:
    assert set(described()) == _PROMISED


def test_every_route_below_the_base_is_described() -> None:
    carried = {one.name for one in ROUTES if isinstance(one, GuardedRoute) and one.path.startswith("/api/v1/")}
    assert carried - {"api.openapi"} == {f"api.{one['operationId']}" for one in described().values()}


#: They take nothing that could be wrong.
_BARE = ("/agents", "/menus", "/prompts")
#: What is asked by POST and changes nothing.
_ASKING = ("/contact-check", "/foresee")


def test_what_acts_needs_its_key_and_says_so() -> None:
    for name, one in described().items():
        keys = [parameter for parameter in one["parameters"] if parameter["name"] == "Idempotency-Key"]
        assert [key["required"] for key in keys] == (
            [True] if name.startswith("POST") and not name.endswith(_ASKING) else []
        )


async def test_anybody_may_read_it(program: Program) -> None:
    anna = await program("anna")
    del anna.headers["authorization"]
    answer = await anna.get("/openapi.json")
    assert (answer.status_code, answer.json()["openapi"]) == (200, "3.1.0")
    assert answer.json() == document(OPERATIONS)


@dataclass
class Thrower:
    """Sends what schemathesis draws, with a token that may do everything, and counts the answers.

    Of a valid request half are about things that exist: ids that are made up get no further than 404.
    """

    client: httpx.AsyncClient
    loop: asyncio.AbstractEventLoop
    known: Mapping[str, object]
    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def throw(self, operation: Any, mode: GenerationMode, thing: int | str | None) -> None:
        """Many requests of one operation; every answer must be one that the document describes."""
        valid = mode is GenerationMode.POSITIVE
        drawn = operation.as_strategy(generation_mode=mode)
        if valid and thing is not None:
            drawn = st.one_of(operation.as_strategy(generation_mode=mode, path_parameters=_in_path(thing)), drawn)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=drawn, real=st.booleans())
        def attempt(case: Case, real: bool) -> None:
            if valid:
                self._mend(case, real=real)
            answer = self._send(case)
            self.answers[operation.method.upper(), operation.path, answer.status_code] += 1
            case.validate_response(answer, checks=_CHECKS if valid else [*_CHECKS, negative_data_rejection])

        attempt()

    def _mend(self, case: Case, *, real: bool) -> None:
        if "Idempotency-Key" in (case.headers or {}):
            case.headers["Idempotency-Key"] = secrets.token_urlsafe(12)
        if real and isinstance(case.body, dict):
            case.body = {**case.body, **{name: self.known[name] for name in case.body if name in self.known}}

    def _send(self, case: Case) -> httpx.Response:
        prepared = requests.Request(**case.as_transport_kwargs(base_url=f"{HOST}/api/v1")).prepare()
        headers = [(name.encode(), _octets(value)) for name, value in prepared.headers.items()]
        request = self.client.build_request(
            prepared.method or "", prepared.url or "", headers=headers, content=prepared.body
        )
        return asyncio.run_coroutine_threadsafe(self.client.send(request), self.loop).result(60)


def _in_path(thing: int | str) -> dict[str, int | str]:
    return {"name": thing} if isinstance(thing, str) else {"id": thing}


def _octets(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


async def things(desk: Desk, folder: Path) -> dict[str, int | str]:
    """Something of its own for each operation to act upon."""
    ids: dict[str, int | str] = {path: await desk.callback("diego") for path in described_paths("/callbacks/{id}")}
    ids |= {path: await desk.call("anna") for path in described_paths("/calls/{id}")}
    ids |= dict.fromkeys(described_paths("/recordings/{id}"), await desk.recording("bella", folder))
    for path in described_paths("/payments/{id}"):
        ids[path] = (await desk.paid("anna")).payment
    ids |= {path: await desk.task("anna") for path in described_paths("/tasks/{id}")}
    states = {"/stop": MassState.RUNNING, "/undo": MassState.DONE}
    for path in described_paths("/mass-actions/{id}"):
        state = next((state for ending, state in states.items() if path.endswith(ending)), MassState.DRAFT)
        ids[path] = await desk.run("anna", "admin", state)
    ids |= {path: await desk.claim("anna") for path in described_paths("/claims/{id}")}
    for path in described_paths("/campaigns/{id}"):
        state = CampaignState.RUNNING if path.endswith("/pause") else CampaignState.DRAFT
        ids[path] = await desk.campaign("anna", state)
    ids |= {path: await desk.menu() for path in described_paths("/menus/{id}")}
    ids |= dict.fromkeys(described_paths("/voicemail/{id}"), await desk.message("anna", folder))
    ids |= {path: await desk.prompt() for path in described_paths("/prompts/{name}")}
    return {**ids, "/cases/{id}": desk.cases["bella"].id, "/agents/{id}/state": desk.cast.users["anna"]}


def described_paths(start: str) -> list[str]:
    return [path for path in document(OPERATIONS)["paths"] if path.startswith(start)]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
async def test_nothing_breaks_it(program: Program, desk: Desk, tmp_path: Path, mode: GenerationMode) -> None:
    case = desk.cases["anna"]
    window = {"window_start": "2026-03-12T09:00:00Z", "window_end": "2026-03-12T10:00:00Z"}
    known: dict[str, object] = {
        "case_id": case.id,
        "party_id": case.debtor_id,
        "phone": desk.phones["anna"],
        "agent": desk.cast.users["anna"],
        "at": "2026-03-12T09:00:00Z",
        "amount": {"amount": "1.00", "currency": "RUB"},
        "due_on": "2026-03-14",
        "call_id": await desk.call("anna", live=False),
        "code": "NA",
        "promise": None,
        "plan": None,
        "type_id": None,
        "supersede": False,
        "callback": None,
        "reason": "lunch",
        **window,
    }
    ids = await things(desk, tmp_path)
    paid = await desk.paid("anna")
    ids["/payments/{id}/withdraw"] = paid.payment
    known |= {
        "account_id": await money_account(desk.uow),
        "value_on": "2026-03-10",
        "settlement_id": paid.settlement,
        "case_ids": [],
        "cases": [case.id],
        "action": "next",
        "title": "Call",
        "after": None,
        "lines": [],
        "principal": {"amount": "1.00", "currency": "RUB"},
        **dict.fromkeys(COMPONENTS[1:]),
        **dict.fromkeys(("contract_on", "limitation_on", "limitation_restarted_on", "unit", "show_number")),
        "opens": 540,
        "closes": 1200,
        **dict.fromkeys(("message", "apology", "opted_out"), "hello"),
        **dict.fromkeys(("machine_message", "opt_out_key", "talk_key")),
        "queues": [],
        "agents": [],
        "units": [],
        **dict.fromkeys(("claim_id", "claim_ids", "fee", "receipt_number", "scheme")),
    }
    thrower = Thrower(await program("admin"), asyncio.get_running_loop(), known)
    generation = GenerationConfig(with_security_parameters=False)
    config = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=generation)))
    schema = schemathesis.openapi.from_dict(document(OPERATIONS), config=config)
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and operation.path in _BARE:
            continue
        await asyncio.to_thread(thrower.throw, operation, mode, ids.get(operation.path))
    assert not [one for one in thrower.answers if one[2] == 401], "every request was let in"
    if mode is GenerationMode.POSITIVE:
        served = {f"{method} {path}" for method, path, status in thrower.answers if status < 300}
        assert served == _PROMISED, "valid requests reach every operation"

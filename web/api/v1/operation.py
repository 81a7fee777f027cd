"""One operation of the API, as data: its route and its part of the OpenAPI document are both made of it."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.errors import DomainError, Invalid, NotFound
from core.kernel.i18n import mark
from core.kernel.idempotency import LONGEST_KEY, Asked, Idempotency, KeptAnswer, KeyMissing, fingerprint
from web.api.v1.shapes import BIGGEST_ID, Sent, Shape
from web.errors import on_crash, problem_document
from web.forms import fault_text
from web.security import GuardedRoute, Policy, identity, route
from web.state import part

BASE = "/api/v1"
_KEY = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_KEY}}}")

S = TypeVar("S", bound=Sent)


class Malformed(DomainError):
    """The body is no JSON."""

    code = "malformed_json"
    text = mark("The body is not valid JSON.")


@dataclass(frozen=True, kw_only=True)
class Operation(Generic[S]):
    """``takes`` is the query of a GET and the JSON body of a POST, ``gives`` the answer; without one the handler
    answers with ``media`` by itself, which may also have the statuses of ``other``.

    One that ``acts`` needs an ``Idempotency-Key`` and is done once for it. What is answered with 201 has an ``id``,
    which is its address below ``path``. ``errors`` are the refusals it has of its own.
    """

    name: str
    method: str
    path: str
    summary: str
    policy: Policy
    takes: type[S]
    handler: Callable[[Request, S], Awaitable[Shape | Response]]
    gives: type[Shape] | None = None
    media: str = "application/json"
    status: int = 200
    other: tuple[int, ...] = ()
    acts: bool = False
    errors: tuple[type[DomainError], ...] = ()

    def route(self) -> GuardedRoute:
        """The route that carries it out."""

        async def endpoint(request: Request) -> Response:
            _check_ids(request)
            sent = await _received(request, self.takes)
            return await (self._once(request, sent) if self.acts else self._do(request, sent))

        return route(BASE + self.path, endpoint, policy=self.policy, methods=[self.method], name=f"api.{self.name}")

    async def _do(self, request: Request, sent: S) -> Response:
        answer = await self.handler(request, sent)
        if isinstance(answer, Response):
            return answer
        made = getattr(answer, "id", None) if self.status == 201 else None
        location = f"{BASE}{self.path}/{made}" if made is not None else None
        return _response(KeptAnswer(status=self.status, body=answer.model_dump_json(by_alias=True), location=location))

    async def _once(self, request: Request, sent: S) -> Response:
        """Do it unless it was done; either way the answer is the same, refusals included."""
        keys, asked = part(request, Idempotency), _asked(request, sent)
        kept = await keys.begin(asked)
        if kept is not None:
            return _response(kept, {"Idempotent-Replayed": "true"})
        try:
            answer = await self._do(request, sent)
        except DomainError as refusal:
            answer = problem_document(request, refusal)
        except Exception as error:  # noqa: BLE001 - what a fault has done halfway must not be done again either
            answer = await on_crash(request, error)
        body, location = bytes(answer.body).decode(), answer.headers.get("location")
        await asyncio.shield(keys.finish(asked, KeptAnswer(status=answer.status_code, body=body, location=location)))
        return answer


def step(
    path: str,
    verb: str,
    summary: str,
    handler: Callable[[Request, S], Awaitable[Shape | Response]],
    *,
    takes: type[S],
    gives: type[Shape],
    policy: Policy,
    errors: tuple[type[DomainError], ...] = (),
    status: int = 200,
) -> Operation[S]:
    """``POST path/{id}/verb``: something that is done, once, to one of the things below ``path``."""
    return Operation(
        name=f"{path.strip('/').replace('-', '_')}.{verb}",
        method="POST",
        path=f"{path}/{{id:int}}/{verb}",
        summary=summary,
        policy=policy,
        takes=takes,
        gives=gives,
        status=status,
        acts=True,
        errors=errors,
        handler=handler,
    )


def routes_of(operations: Sequence[Operation[Any]]) -> list[GuardedRoute]:
    """The routes of operations."""
    return [operation.route() for operation in operations]


def _check_ids(request: Request) -> None:
    for value in request.path_params.values():
        if isinstance(value, int) and value > BIGGEST_ID:
            raise NotFound


async def _received(request: Request, kind: type[S]) -> S:
    """The query or the body as a ``kind``. Raises ``Malformed`` or ``Invalid``; what is no JSON is answered 415."""
    try:
        if request.method != "POST":
            return kind.model_validate_strings(dict(request.query_params))
        body = await request.body()
        if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415)
        return kind.model_validate_json(body or b"{}", strict=True)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        if faults[0]["type"] == "json_invalid":
            raise Malformed from error
        named = {".".join(map(str, fault["loc"])) or "body": fault_text(dict(fault)) for fault in faults}
        raise Invalid(named) from error


def _asked(request: Request, sent: BaseModel) -> Asked:
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise KeyMissing
    who = identity(request)
    caller = f"token:{who.token_id}" if who.token_id is not None else f"user:{who.user.id}"
    canonical = json.dumps(sent.model_dump(mode="json"), sort_keys=True)
    return Asked(caller=caller, key=key, fingerprint=fingerprint(request.method, request.url.path, canonical))


def _response(answer: KeptAnswer, headers: dict[str, str] | None = None) -> Response:
    found = {**(headers or {}), **({"Location": answer.location} if answer.location else {})}
    media = "application/json" if answer.status < 400 else "application/problem+json"
    return Response(answer.body, answer.status, found, media)

"""The OpenAPI 3.1 document, made of the same operations as the routes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from callcenter.calls.errors import ContactForbidden
from core.kernel.errors import DomainError, Forbidden, Invalid
from core.kernel.idempotency import LONGEST_KEY, KeyAbandoned, KeyInProgress, KeyMissing, KeyReused
from core.people.errors import NotSignedIn
from web.api.v1.operation import BASE, Malformed, Operation
from web.api.v1.shapes import BIGGEST_ID, Nothing, Problem, Utc
from web.errors import status_of_kind
from web.security import CrossSite, Kind

VERSION = "1.0.0"
_REFERENCE = "#/components/schemas/{model}"
_PROBLEM = "application/problem+json"
#: What stands in a path and is no number.
_NAMED = {"e164": r"^\+[1-9][0-9]{6,14}$", "name": r"^[a-z0-9]{1,40}$"}
_PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Made up by the caller for each thing to be done. Sent again within 24 hours with the same body, "
    "the first answer is given again (`Idempotent-Replayed: true`) and nothing is done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": r"^[\x21-\x7e]+$"},
}
_DESCRIPTION = """Times are UTC (ISO 8601), money is text in a currency, phones are E.164. Lists are paged by cursor:
send `next` as `after`. Refusals are problem documents (RFC 9457) with a stable `code`.

`/api/v1/live` is a websocket that tells what happens as it happens; every message has `seq`, `type` and `at`."""


class ContactForbiddenProblem(Problem):
    """The law forbids the contact now: by which rule, why, when it will be allowed (null: not foreseeable), and in
    which zone the debtor's clock was read."""

    rule: str
    reason: str
    next_allowed_at: Utc | None
    zone: str | None
    may_override: bool


#: Refusals with values of their own.
_SHAPES: Mapping[type[DomainError], type[Problem]] = {ContactForbidden: ContactForbiddenProblem}


def document(operations: Sequence[Operation[Any]]) -> dict[str, Any]:
    """The whole document."""
    references, schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        described = _operation(operation, references, schemas)
        paths.setdefault(_PARAMETER.sub(r"{\1}", operation.path), {})[operation.method.lower()] = described
    queries = {_reference_name(references[_query(one)]) for one in operations if one.method == "GET"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Call centre", "version": VERSION, "description": _DESCRIPTION},
        "servers": [{"url": BASE}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in queries},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "callcenter_session"},
            },
        },
    }


def _query(operation: Operation[Any]) -> tuple[type[BaseModel], JsonSchemaMode]:
    return operation.takes, "validation"


def _schemas(
    operations: Iterable[Operation[Any]],
) -> tuple[Mapping[Any, dict[str, Any]], dict[str, Any]]:
    """How to refer to each model, and the components themselves."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    wanted |= {(shape, "serialization"): None for shape in _SHAPES.values()}
    for operation in operations:
        wanted[_query(operation)] = None
        if operation.gives is not None:
            wanted[operation.gives, "serialization"] = None
    references, found = models_json_schema(list(wanted), ref_template=_REFERENCE)
    return references, found.get("$defs", {})


def _reference_name(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _operation(operation: Operation[Any], references: Mapping[Any, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    parameters = [_path_parameter(name, kind) for name, kind in _PARAMETER.findall(operation.path)]
    asked = references[_query(operation)]
    if operation.method == "GET":
        parameters += _query_parameters(schemas[_reference_name(asked)])
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.name.partition(".")[0]],
        "parameters": [*parameters, *([_KEY] if operation.acts else [])],
        "responses": _responses(operation, references),
    }
    if operation.policy.kind is Kind.RIGHT:
        described["description"] = "Needs the right " + " or ".join(f"`{key}`" for key in operation.policy.rights) + "."
    if operation.method == "POST":
        needed = operation.takes is not Nothing
        described["requestBody"] = {"required": needed, "content": {"application/json": {"schema": asked}}}
    return described


def _path_parameter(name: str, kind: str) -> dict[str, Any]:
    number = {"type": "integer", "minimum": 0, "maximum": BIGGEST_ID}
    schema = number if kind == "int" else {"type": "string", "pattern": _NAMED[name]}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    needed = model.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": _without_null(schema)}
        for name, schema in model.get("properties", {}).items()
    ]


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An address has no null: a parameter is there or it is not."""
    plain = {key: value for key, value in schema.items() if key not in ("anyOf", "default", "title")}
    if schema.get("default") is not None:
        plain["default"] = schema["default"]
    return plain | next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), {})


def _responses(operation: Operation[Any], references: Mapping[Any, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.gives is not None:
        answer["content"] = {operation.media: {"schema": references[operation.gives, "serialization"]}}
    else:
        answer["content"] = {operation.media: {}}
    found: dict[str, Any] = {str(operation.status): answer}
    found |= {str(status): {"description": _OTHER[status]} for status in operation.other}
    by_status: dict[int, list[type[DomainError]]] = {}
    for error in dict.fromkeys((*operation.errors, *_implied(operation))):
        by_status.setdefault(status_of_kind(error), []).append(error)
    for status, errors in sorted(by_status.items()):
        found[str(status)] = _refusal(errors, references)
    if operation.method == "POST":
        found["413"] = {"description": "The body is too large"}  # refused before anybody reads it, in plain text
        found["415"] = _problem("`http_415`: the body is no JSON", [references[Problem, "serialization"]])
    return found


_OTHER = {206: "The range that was asked for", 416: "Nothing of the range exists"}


def _implied(operation: Operation[Any]) -> tuple[type[DomainError], ...]:
    """What every operation of its kind may answer."""
    signed: tuple[type[DomainError], ...] = () if operation.policy.kind is Kind.PUBLIC else (NotSignedIn, Forbidden)
    posted = (Malformed, Invalid, CrossSite) if operation.method == "POST" else (Invalid,)
    keyed = (KeyMissing, KeyInProgress, KeyAbandoned, KeyReused) if operation.acts else ()
    return (*signed, *posted, *keyed)


def _refusal(errors: Sequence[type[DomainError]], references: Mapping[Any, Any]) -> dict[str, Any]:
    shapes = dict.fromkeys(_SHAPES.get(error, Problem) for error in errors)
    lines = [f"`{error.code}`: {(error.__doc__ or '').strip().partition(chr(10))[0]}" for error in errors]
    return _problem("\n\n".join(lines), [references[shape, "serialization"] for shape in shapes])


def _problem(description: str, schemas: Sequence[Any]) -> dict[str, Any]:
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
    return {"description": description, "content": {_PROBLEM: {"schema": schema}}}

"""What refuses a program."""

import httpx


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    """The problem document, checked."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= set(body)
    return body

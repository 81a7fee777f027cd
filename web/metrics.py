"""How many requests of which kind, and how long they took."""

import time

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Counter("callcenter_http_requests", "HTTP requests", ("route", "method", "status"))
SECONDS = Histogram(
    "callcenter_http_seconds",
    "Time to answer an HTTP request",
    ("route",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)


class Metrics:
    """Counts by the route's pattern: addresses hold ids and would make a series each."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            name = scope.get("route_path", "other")
            REQUESTS.labels(name, scope["method"], str(status)).inc()
            SECONDS.labels(name).observe(time.perf_counter() - began)

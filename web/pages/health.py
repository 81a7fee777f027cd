"""For machines that watch this one."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.security import local_or, public, route
from web.state import services


async def health(request: Request) -> Response:
    """Whether each part works: 200 when all do, else 503. Says no more than that to strangers."""
    results = {name: await probe() for name, probe in services(request).probes.items()}
    parts = {name: {"ok": ok, "detail": detail} for name, (ok, detail) in results.items()}
    whole = all(ok for ok, _ in results.values())
    return JSONResponse({"ok": whole, "parts": parts}, status_code=200 if whole else 503)


async def metrics(_request: Request) -> Response:
    """What Prometheus scrapes."""
    return Response(await run_in_threadpool(generate_latest), media_type=CONTENT_TYPE_LATEST)


routes = (
    route("/health", health, policy=public, name="health"),
    route("/metrics", metrics, policy=local_or("settings.edit"), name="metrics"),
)

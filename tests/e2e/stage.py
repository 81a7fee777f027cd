"""A stage for browser tests: the real templates, scripts and headers, with invented data instead of a database."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from gettext import NullTranslations
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.kernel.i18n import Translator
from tests.factories import screens
from web.rendering import STATIC, build, render
from web.server import SecurityHeaders


class Lengthened(NullTranslations):
    """Every text a third longer and in another script, as a translation may be."""

    def gettext(self, message: str) -> str:
        return f"{message} {('жщшюы' * 20)[: max(2, len(message) // 3)]}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


class Stage:
    """What the browser talks to; tests set what it answers and read what it was asked."""

    def __init__(self) -> None:
        self.base = ""
        self.phone: Mapping[str, object] | None = None
        self.dial_answer: tuple[int, Mapping[str, object]] = (201, {"call_id": 1})
        self.refusal: Mapping[str, object] | None = None
        self.posted: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.resumed_after: list[str | None] = []
        self.snapshot: dict[str, object] = {"offers": []}
        self._screens: set[WebSocket] = set()
        self._connected = asyncio.Condition()
        self._sequence = 0
        self.app = Starlette(
            routes=[
                Route("/cases", self._list),
                Route("/cases/{case:int}", self._case),
                Route("/cases/{case:int}/plans/preview", self._schedule),
                Route("/callers/11", self._caller),
                Route("/callers/11/search", self._found),
                Route("/login", self._login),
                Route("/phone/config", self._phone),
                Route("/calls/dial", self._dial, methods=["POST"]),
                Route("/{path:path}", self._post, methods=["POST"]),
                WebSocketRoute("/live", self._live),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
            middleware=[Middleware(SecurityHeaders)],
        )

    async def say(self, type_: str, **fields: object) -> None:
        """Send a live message to every screen."""
        self._sequence += 1
        for screen in list(self._screens):
            await screen.send_json({"seq": self._sequence, "type": type_, "at": screens.NOW.isoformat(), **fields})

    async def connected(self, count: int = 1) -> None:
        """Wait until so many screens listen."""
        async with self._connected:
            await self._connected.wait_for(lambda: len(self._screens) == count)

    async def cut(self) -> None:
        """Break every live link."""
        for screen in list(self._screens):
            await screen.close(1011)

    def _page(self, request: Request, template: str, **context: object) -> Response:
        long = "long" in request.query_params
        frame = screens.frame(theme=request.query_params.get("theme", "auto"), language="ru" if long else "en")
        values = {**frame.context(), "csrf": "", "request": request, **context}
        if long:
            html = build(Translator("ru", Lengthened())).get_template(template).render(values)
        else:
            html = render(template, values)
        return HTMLResponse(html)

    async def _list(self, request: Request) -> Response:
        rows = 0 if "none" in request.query_params else 25
        return self._page(request, "list_page.html", view=screens.case_list(rows))

    async def _case(self, request: Request) -> Response:
        query = request.query_params
        view = screens.case(allowed="forbidden" not in query, call="idle" not in query)
        return self._page(request, "cases/case.html", case=view)

    async def _caller(self, request: Request) -> Response:
        return self._page(
            request, "cases/caller.html", caller=screens.caller(known="hidden" not in request.query_params)
        )

    async def _schedule(self, request: Request) -> Response:
        count = int(request.query_params["plan_count"])
        lines = [(n, screens.NOW.date(), screens.roubles("100")) for n in range(1, count + 1)]
        return self._page(request, "cases/_schedule.html", lines=lines, faults={})

    async def _found(self, request: Request) -> Response:
        return HTMLResponse(f"<p>{len(request.query_params['q'])} letters</p>")

    async def _login(self, request: Request) -> Response:
        return self._page(request, "login.html", error=None, ask_code=False, login="", next="/", ticket="")

    async def _phone(self, _: Request) -> Response:
        return JSONResponse(self.phone) if self.phone else Response(status_code=204)

    async def _dial(self, request: Request) -> Response:
        await self.posted.put(("/calls/dial", await request.json()))
        status, answer = self.dial_answer
        return JSONResponse(answer, status_code=status)

    async def _post(self, request: Request) -> Response:
        body = await request.body()
        is_json = request.headers.get("content-type", "").startswith("application/json")
        fields = json.loads(body) if is_json else dict(await request.form())
        await self.posted.put((request.url.path, fields))
        if self.refusal is not None:
            return JSONResponse(self.refusal, status_code=422)
        return Response(status_code=204)

    async def _live(self, screen: WebSocket) -> None:
        await screen.accept()
        self.resumed_after.append(screen.query_params.get("after"))
        snapshot = {"seq": self._sequence, "type": "snapshot", "at": screens.NOW.isoformat(), **self.snapshot}
        await screen.send_json(snapshot)
        async with self._connected:
            self._screens.add(screen)
            self._connected.notify_all()
        try:
            while True:
                await screen.receive_text()
        except WebSocketDisconnect:
            pass
        finally:
            async with self._connected:
                self._screens.discard(screen)
                self._connected.notify_all()


@asynccontextmanager
async def raised() -> AsyncIterator[Stage]:
    """The stage on a free port of this machine."""
    stage = Stage()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        stage.base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(stage.app, log_level="warning", ws="websockets-sansio", lifespan="off"))
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield stage
        finally:
            server.should_exit = True
            server.force_exit = True
            await serving

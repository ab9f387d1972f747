"""Times every answer by the template of its address, for the operator's metrics."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline import traffic


class Stopwatch:
    """The layer outside all others: what it times is what a reader waits for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, started = 0, perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            if status:  # who went away before an answer began was not answered
                route = scope.get("route")
                traffic.note(getattr(route, "path", None), status, perf_counter() - started)

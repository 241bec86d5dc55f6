"""The ASGI application: URLs to endpoints, in worker threads; whatever happens, a TAXII error message."""

from collections.abc import Awaitable, Callable

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mithaq.errors import MithaqError
from mithaq.exchange.collection import CONTENT_MAX
from mithaq.taxii.endpoints import PREFIX, Answer, Asked, Endpoints
from mithaq.taxii.negotiation import TAXII
from mithaq.taxii.problem import ProblemError, problem_of

_log = structlog.get_logger("mithaq.taxii")


def application(endpoints: Endpoints) -> ASGIApp:
    """Everything below ``PREFIX``, with and without the final slash."""
    collection = f"{PREFIX}/{{root}}/collections/{{collection}}"
    each = f"{collection}/objects/{{id}}"
    routes = [
        _route(PREFIX, GET=endpoints.discovery),
        _route(f"{PREFIX}/{{root}}", GET=endpoints.api_root),
        _route(f"{PREFIX}/{{root}}/status/{{status}}", GET=endpoints.status),
        _route(f"{PREFIX}/{{root}}/collections", GET=endpoints.collections),
        _route(collection, GET=endpoints.collection),
        _route(f"{collection}/manifest", GET=endpoints.manifest),
        _route(f"{collection}/objects", GET=endpoints.objects, POST=_adding(endpoints)),
        _route(each, GET=endpoints.object, DELETE=endpoints.delete),
        _route(f"{each}/versions", GET=endpoints.versions),
    ]
    handlers = {HTTPException: _refused, MithaqError: _failed, ProblemError: _refused, Exception: _failed}
    return _Slashes(Starlette(routes=routes, exception_handlers=handlers))


class _Slashes:
    """Takes the final slash off, so that no client is sent elsewhere and loses its query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["path"] = scope["path"].rstrip("/")
        await self._app(scope, receive, send)


Adding = Callable[[Request], Awaitable[Answer]]


def _adding(endpoints: Endpoints) -> Adding:
    async def add(request: Request) -> Answer:
        # Nobody makes the node hold a body who may not add it.
        place = await run_in_threadpool(endpoints.may_add, _asked(request))
        return await run_in_threadpool(endpoints.add, *place, await _body(request))

    return add


def _route(path: str, POST: Adding | None = None, **methods: Callable[[Asked], Answer]) -> Route:  # noqa: N803 - HTTP's own
    async def endpoint(request: Request) -> Response:
        if request.method == "POST" and POST:
            return _respond(await POST(request))
        answer = methods.get(request.method)
        if answer is None:
            allowed = ", ".join([*methods, *(["POST"] if POST else [])])
            raise ProblemError(405, "Not here", headers={"Allow": allowed})
        return _respond(await run_in_threadpool(answer, _asked(request)))

    return Route(path, endpoint, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])


def _asked(request: Request) -> Asked:
    headers = request.headers
    return Asked(
        authorization=headers.get("authorization", ""),
        accept=headers.get("accept", ""),
        content_type=headers.get("content-type", ""),
        query=_query(request),
        path=request.path_params,
    )


def _query(request: Request) -> dict[str, str]:
    """A parameter that stands several times means all its values."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        found[name] = f"{found[name]},{value}" if name in found and name.startswith("match[") else value
    return found


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > CONTENT_MAX:
            raise ProblemError(413, "Too large", f"expected at most {CONTENT_MAX} bytes")
    return bytes(data)


def _respond(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers | {"Content-Type": TAXII})


async def _refused(_: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):  # Starlette's own: no such URL
        error = ProblemError(error.status_code, error.detail)
    assert isinstance(error, ProblemError)
    return _respond(Answer(error.body(), error.status, error.headers))


async def _failed(request: Request, error: Exception) -> Response:
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)
    ours = isinstance(error, MithaqError)
    problem = problem_of(error) if isinstance(error, MithaqError) else ProblemError(500, "The server failed")
    if problem.status >= 500:
        _log.error("taxii_failed", path=request.url.path, error=str(error), exc_info=not ours)
    return _respond(Answer(problem.body(), problem.status, problem.headers))

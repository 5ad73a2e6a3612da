"""The HTTP application: the same routes at the root, under /api and under /api/v1."""

from fastapi import APIRouter
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ai_llm_service.api import (
    docs,
    idempotency,
    problems,
    routes_files,
    routes_generate,
    routes_health,
    routes_search,
    routes_sessions,
    routes_tables,
    routes_tasks,
    routes_webhooks,
)
from ai_llm_service.api.limits import RefusalDrain, RequestLog
from ai_llm_service.api.openapi import DESCRIPTION, DescribedApi
from ai_llm_service.api.parts import ApiParts
from ai_llm_service.api.schemas import MessageResponse, WelcomeResponse
from ai_llm_service.api.waiting import Waiting

DESCRIBED_PREFIX = "/api"
PREFIXES = ("", DESCRIBED_PREFIX, "/api/v1")
WELCOME = "ai-llm-service is running; its routes are listed at /docs."


def create_app(parts: ApiParts) -> DescribedApi:
    """The application, ready to be served."""
    app = DescribedApi(
        title="ai-llm-service",
        version=parts.version,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        # Clients of the old service may send JSON without a Content-Type.
        strict_content_type=False,
        # What it would export is decided with telemetry as a whole.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[Middleware(RefusalDrain), Middleware(RequestLog)],
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.parts = parts
    app.state.waiting = Waiting(parts.tasks.unfinished)
    problems.install(app)
    docs.install(app)
    idempotency.install(app)
    for prefix in PREFIXES:
        described = prefix == DESCRIBED_PREFIX
        app.include_router(_all_routes(), prefix=prefix, include_in_schema=described)
    _add_welcome(app, parts.version)
    return app


def _all_routes() -> APIRouter:
    router = APIRouter()
    for routes in (
        routes_files,
        routes_search,
        routes_tasks,
        routes_sessions,
        routes_tables,
        routes_webhooks,
        routes_health,
    ):
        router.include_router(routes.router)
    for generating in (routes_generate.router, routes_generate.usage_router):
        router.include_router(generating)
    return router


def _add_welcome(app: DescribedApi, version: str) -> None:
    async def get_root() -> WelcomeResponse:
        return WelcomeResponse(message=WELCOME, version=version, docs=docs.PATH)

    async def get_api() -> MessageResponse:
        return MessageResponse(message=WELCOME)

    async def get_description(_request: Request) -> Response:
        return JSONResponse(app.openapi())

    async def get_docs(request: Request) -> Response:
        return RedirectResponse(request.scope.get("root_path", "") + docs.PATH)

    app.add_api_route("/", get_root, tags=["health"], summary="What answers here")
    for prefix in filter(None, PREFIXES):
        described = prefix == DESCRIBED_PREFIX
        app.add_api_route(
            prefix, get_api, tags=["health"], summary="Say hello", include_in_schema=described
        )
        app.add_route(f"{prefix}/openapi.json", get_description, include_in_schema=False)
        app.add_route(f"{prefix}/docs", get_docs, include_in_schema=False)

"""Whether the service is alive and whether it can work; no key is needed."""

from fastapi import APIRouter, Response

from ai_llm_service.api.dependencies import Parts
from ai_llm_service.api.problems import RETRY_AFTER_SECONDS
from ai_llm_service.api.schemas import HealthResponse, ReadyResponse

router = APIRouter(tags=["health"])


@router.get("/health", summary="Is the process alive?")
async def get_health() -> HealthResponse:
    """Always `ok` while the process answers, whatever it depends on."""
    return HealthResponse(status="ok")


@router.get(
    "/health/ready",
    summary="Can the service work?",
    responses={503: {"model": ReadyResponse, "description": "Something is down; it says what."}},
)
def get_ready(parts: Parts, response: Response) -> ReadyResponse:
    """Each dependency with `ok` or one sentence on what is wrong with it."""
    dependencies = parts.health.ready()
    if all(state == "ok" for state in dependencies.values()):
        return ReadyResponse(status="ok", dependencies=dependencies)
    response.status_code = 503
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return ReadyResponse(status="unavailable", dependencies=dependencies)

"""From settings to what bounds calls: prices and limits."""

from ai_llm_service.domain import LimitRules
from ai_llm_service.processes import broker as embedded
from ai_llm_service.providers.prices import load_prices
from ai_llm_service.providers.redis_limits import RedisLimits, speaks_redis
from ai_llm_service.settings import Settings
from ai_llm_service.settings.kinds import LISTED_LIMIT
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.budget import Budget
from ai_llm_service.usecases.traffic import Traffic, rules_by_model


def build_budget(settings: Settings) -> Budget:
    """The prices, and the most that may be spent."""
    return Budget(
        load_prices(settings.prices_file),
        settings.model_max_output_tokens,
        settings.max_cost_per_tenant_and_day,
    )


def build_traffic(settings: Settings, database: Database) -> Traffic:
    """The limits of providers, shared by all workers."""
    url = settings.broker_url or embedded.broker_url(settings.data_dir)
    breaker = LimitRules(
        breaker_failures=settings.breaker_failures,
        breaker_seconds=settings.breaker_seconds,
        probe_seconds=settings.provider_timeout_seconds,
    )
    found = [
        LISTED_LIMIT.fullmatch(each.strip()) for each in (settings.provider_limits or "").split(",")
    ]
    listed = tuple(
        (each[1], int(each[2]), int(each[3]) if each[3] else None) for each in found if each
    )
    shared = RedisLimits(url) if speaks_redis(url) else None
    return Traffic(shared, database, rules_by_model(listed, breaker))

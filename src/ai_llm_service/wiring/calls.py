"""From settings to what calls models: who answers each kind of task, and at what price."""

from collections.abc import Callable
from dataclasses import dataclass

from ai_llm_service.domain import FileSearchName
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.search.base import FileSearch
from ai_llm_service.search.local import LocalLimits
from ai_llm_service.settings import Settings
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.answering import Answering
from ai_llm_service.usecases.asking import Asking, AskingRules
from ai_llm_service.usecases.background import Background
from ai_llm_service.usecases.calls import Gateway
from ai_llm_service.usecases.embedder_models import LocalEmbedder, ProviderEmbedder
from ai_llm_service.usecases.estimating import Estimating, Setup
from ai_llm_service.usecases.generating import Generating
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.left_responses import LeftResponses
from ai_llm_service.usecases.quotas import QueuedQuota
from ai_llm_service.usecases.responders import EmbeddedTexts, FileAnswers, Generations, Responder
from ai_llm_service.wiring.core import Core
from ai_llm_service.wiring.limits import build_budget, build_traffic
from ai_llm_service.wiring.providers import build_providers
from ai_llm_service.wiring.vectors import built_in_vectorizer


@dataclass(frozen=True, slots=True)
class Answerings:
    """Who performs the kinds of task that call models."""

    answer: Answering
    generate: Answering
    embed: Answering


def build_answerings(
    settings: Settings,
    database: Database,
    search: FileSearch,
    leases: Leases,
    draining: Callable[[], bool],
) -> Answerings:
    """All share one gateway, and so limits and budget."""
    traffic = build_traffic(settings, database)
    gateway = Gateway(database, leases, build_budget(settings), traffic, draining)
    rules = AskingRules(
        max_attempts=settings.max_attempts,
        timeout_seconds=settings.provider_timeout_seconds,
        retries_unknown=settings.on_unknown == "retry",
    )
    providers = build_providers(settings)

    def find_models(name: str | None) -> tuple[ChatModel, ...]:
        return tuple(providers.chat(each) for each in providers.chain(name))

    def answering(responder: Responder) -> Answering:
        return Answering(database, Asking(database, responder, gateway, rules), draining)

    return Answerings(
        answer=answering(FileAnswers(search, find_models)),
        generate=answering(Generations(find_models)),
        embed=answering(EmbeddedTexts(build_embedder(settings))),
    )


def build_left_responses(settings: Settings, database: Database) -> Background:
    """Who removes what was written in the background and is needed no more."""
    providers = build_providers(settings)
    left = LeftResponses(database, providers.chat, settings.sweep_seconds)
    return Background("left-responses", left.sweep, rest_after_error=settings.lease_seconds)


def build_embedder(settings: Settings) -> ChatModel | None:
    """The embedder of POST /embed: a provider's, or the one that finds documents here."""
    if ":" in settings.embedder:
        return ProviderEmbedder(build_providers(settings).embedder(settings.embedder))
    vectorizer = built_in_vectorizer(settings)
    return None if vectorizer is None else LocalEmbedder(vectorizer)


def _name(model: ChatModel | None) -> str | None:
    return None if model is None else model.name


def build_generating(settings: Settings, core: Core) -> Generating:
    """Who accepts generations and embeddings."""
    return Generating(
        core.database,
        core.dispatcher.nudge,
        QueuedQuota(settings.max_queued_per_tenant),
        build_providers(settings),
        build_budget(settings),
        embedder=_name(build_embedder(settings)),
        deadline_seconds=settings.task_deadline_seconds,
    )


def build_estimating(settings: Settings, core: Core) -> Estimating:
    """Who tells what questions may cost."""
    providers = build_providers(settings)
    setup = Setup(
        providers.default,
        lambda name: providers.chat(name).context_tokens,
        LocalLimits().passages,
        FileSearchName(settings.file_search),
        settings.embedder if ":" in settings.embedder else None,
    )
    return Estimating(core.database, setup, build_budget(settings))

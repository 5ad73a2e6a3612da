"""From settings to the providers of models."""

from dataclasses import replace

from ai_llm_service.providers.configured import ModelChoice, ProviderSettings, read_providers
from ai_llm_service.providers.registry import Providers
from ai_llm_service.settings import Settings, environment


def build_providers(settings: Settings) -> Providers:
    """All configured providers, or InvalidConfiguration. Nothing is connected yet."""
    providers = _of_environment(settings)
    choice = ModelChoice()
    if settings.providers_file is not None:
        listed, choice = read_providers(settings.providers_file, environment())
        providers |= {provider.name: provider for provider in listed}
    return Providers(list(providers.values()), _with_settings(choice, settings))


def _of_environment(settings: Settings) -> dict[str, ProviderSettings]:
    """The providers that need no file."""
    context, output = settings.model_context_tokens, settings.model_max_output_tokens
    found = [ProviderSettings("extractive", "extractive")]
    if settings.openai_api_key or settings.openai_base_url:
        openai = ProviderSettings(
            "openai",
            "openai",
            settings.openai_base_url,
            settings.openai_api_key,
            context_tokens=context,
            max_output_tokens=output,
            background=settings.openai_background,
        )
        found.append(openai)
    if settings.openai_compatible_base_url:
        compatible = ProviderSettings(
            "openai-compatible",
            "openai-compatible",
            settings.openai_compatible_base_url,
            settings.openai_compatible_api_key,
            context_tokens=context,
            max_output_tokens=output,
        )
        found.append(compatible)
    if settings.script_file is not None:
        found.append(ProviderSettings("scripted", "scripted", script=settings.script_file))
    return {provider.name: provider for provider in found}


def _with_settings(choice: ModelChoice, settings: Settings) -> ModelChoice:
    """What the file chooses, but where a setting says otherwise."""
    chosen = "chat_model" in settings.model_fields_set or choice.default is None
    if chosen:
        choice = replace(choice, default=settings.chat_model)
    if settings.failover_models:
        choice = replace(choice, failover=settings.failover_models)
    if settings.allowed_models:
        choice = replace(choice, allowed=settings.allowed_models)
    return choice

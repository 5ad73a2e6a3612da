"""From settings to working parts: the only package that knows them all."""

from ai_llm_service.wiring.core import Core, build_core, load, make_app, make_doctor, open_database
from ai_llm_service.wiring.door import KEY_FILE, api_parts, default_key
from ai_llm_service.wiring.measuring import evaluate
from ai_llm_service.wiring.providers import build_providers
from ai_llm_service.wiring.search import build_remembering, build_search
from ai_llm_service.wiring.worker import WorkerProcess, Workshop, draining

__all__ = [
    "KEY_FILE",
    "Core",
    "WorkerProcess",
    "Workshop",
    "api_parts",
    "build_core",
    "build_providers",
    "build_remembering",
    "build_search",
    "default_key",
    "draining",
    "evaluate",
    "load",
    "make_app",
    "make_doctor",
    "open_database",
]

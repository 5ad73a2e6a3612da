"""A service that queues AI and LLM work as tasks and executes it with Celery workers."""

__version__ = "0.1.0"

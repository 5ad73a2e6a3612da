"""Why a task ends without its result."""

from ai_llm_service.errors.base import ServiceError


class TaskCancelled(ServiceError):
    """The task was cancelled."""

    code = "cancelled"


class SessionClosed(ServiceError):
    """The session was closed before the task ended."""

    code = "session_closed"


class DocumentRejected(ServiceError):
    """The document can't be read."""

    code = "document_rejected"
    hint = "Upload a file that holds text; the other documents of the session stay usable."


class DocumentsTooLarge(ServiceError):
    """The documents of the session are too large to be searched in the time of one query."""

    code = "documents_too_large"
    hint = "Put smaller documents into a session, or fewer of them; each is searched as a whole."


class DeadlineExceeded(ServiceError):
    """The task did not finish before its deadline."""

    code = "deadline_exceeded"
    hint = "Send it again; ask fewer queries in one task if this repeats."


class WorkerLost(ServiceError):
    """The workers that tried this task all stopped in the middle of it."""

    code = "worker_lost"
    hint = "The operator finds the reason in the worker's log, by the task id."


class ClaimLost(ServiceError):
    """Another worker holds this task now."""

    code = "claim_lost"


class CostLimitExceeded(ServiceError):
    """The next call could cost more than is allowed."""

    code = "cost_limit_exceeded"
    hint = "Raise max_cost, ask for less, or choose a cheaper model."


class SchemaNotMet(ServiceError):
    """The model's answer does not meet the schema."""

    code = "schema_not_met"
    hint = "Loosen the schema, say more in the prompt, or choose a stronger model."

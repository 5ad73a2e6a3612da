"""Every error raised on purpose. The docstring is the default message, `code` the contract.

A message is one sentence for the caller, without paths, keys or traces; `hint` says what to do.
"""

from ai_llm_service.errors.base import ServiceError
from ai_llm_service.errors.provider import (
    ContentRefused,
    CreditUsedUp,
    KeyRefused,
    ModelUnknown,
    NothingWritten,
    PromptTooLong,
    ProviderError,
    ProviderMisbehaved,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderRejected,
    ProviderStillWriting,
    ProviderUnavailable,
)

__all__ = [
    "CannotStart",
    "ClaimLost",
    "ContentRefused",
    "CostLimitExceeded",
    "CreditUsedUp",
    "DeadlineExceeded",
    "DeliveryFailed",
    "DeliveryNotFound",
    "DiskFull",
    "DocumentNotFound",
    "DocumentRejected",
    "DocumentsTooLarge",
    "EmbedderMissing",
    "EndpointRefused",
    "EndpointUnreachable",
    "FileTooLarge",
    "IdempotencyConflict",
    "InternalError",
    "InvalidConfiguration",
    "InvalidRequest",
    "KeyRefused",
    "LimitExceeded",
    "ModelUnknown",
    "NotAuthenticated",
    "NothingWritten",
    "PromptTooLong",
    "ProviderError",
    "ProviderMisbehaved",
    "ProviderOutcomeUnknown",
    "ProviderRateLimited",
    "ProviderRejected",
    "ProviderStillWriting",
    "ProviderUnavailable",
    "ReceiverRefused",
    "RequestTooLarge",
    "SchemaNotMet",
    "ServiceError",
    "SessionClosed",
    "SessionNotFound",
    "StoreUnavailable",
    "TableNotFound",
    "TaskAlreadyFinished",
    "TaskCancelled",
    "TaskNotCancellable",
    "TaskNotFound",
    "UnsupportedFileType",
    "WorkerLost",
]


class InvalidConfiguration(ServiceError):
    """A setting has a value that is not accepted."""

    code = "invalid_configuration"


class CannotStart(ServiceError):
    """The service can't start."""

    code = "cannot_start"


class InvalidRequest(ServiceError):
    """The request is not valid."""

    code = "invalid_request"

    def __init__(
        self, message: str | None = None, *, field: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.field = field


class UnsupportedFileType(ServiceError):
    """This type of file can't be read."""

    code = "unsupported_file_type"
    hint = (
        "Accepted are txt, md, log, csv, tsv, json, jsonl, html, xml, yaml, pdf, docx, pptx, xlsx, "
        "xls, ods, odt, rtf, eml and epub files, source code, and png, jpeg and tiff images."
    )


class FileTooLarge(ServiceError):
    """The file is larger than this service accepts."""

    code = "file_too_large"


class RequestTooLarge(ServiceError):
    """The body of the request is larger than this service accepts."""

    code = "request_too_large"
    hint = "Send long texts as a file, and the queries in several requests."


class NotAuthenticated(ServiceError):
    """The API key is missing or not valid."""

    code = "not_authenticated"
    hint = "Send your key in the header 'Authorization: <key>' or 'Authorization: Bearer <key>'."


class SessionNotFound(ServiceError):
    """Session not found."""

    code = "session_not_found"
    hint = "It may be closed or expired: upload the file again to open a new session."


class TaskNotFound(ServiceError):
    """Task not found."""

    code = "task_not_found"
    hint = "Task ids are kept for the retention time of this service, a day at least."


class DocumentNotFound(ServiceError):
    """Document not found."""

    code = "document_not_found"
    hint = "Use the file_path that the upload returned; documents go with their session."


class TableNotFound(ServiceError):
    """The document holds no such table."""

    code = "table_not_found"
    hint = "GET /api/document/{id} tells which tables a document holds."


class DeliveryNotFound(ServiceError):
    """Delivery not found."""

    code = "delivery_not_found"
    hint = "Deliveries are kept as long as results; GET /api/webhooks/deliveries lists them."


class TaskAlreadyFinished(ServiceError):
    """The task has ended already."""

    code = "task_already_finished"


class TaskNotCancellable(ServiceError):
    """A task of this kind can't be cancelled."""

    code = "task_not_cancellable"
    hint = "Only uploads and queries can be cancelled; the other tasks end by themselves."


class TaskCancelled(ServiceError):
    """The task was cancelled."""

    code = "cancelled"


class IdempotencyConflict(ServiceError):
    """This Idempotency-Key was sent before, with another request."""

    code = "idempotency_conflict"
    hint = "Give each request a new key, and the same key only to the same request."


class LimitExceeded(ServiceError):
    """Too many requests."""

    code = "limit_exceeded"


class StoreUnavailable(ServiceError):
    """The database can't be reached at the moment."""

    code = "store_unavailable"
    hint = "Nothing was changed. Send the request again in a few seconds."
    retryable = True


class DiskFull(StoreUnavailable):
    """The service has no disk space left."""

    code = "disk_full"
    hint = "Nothing was changed. The operator must free disk space."


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


class SessionClosed(ServiceError):
    """The session was closed before the task ended."""

    code = "session_closed"


class DeliveryFailed(ServiceError):
    """The webhook could not be delivered."""

    code = "delivery_failed"
    hint = "Repair the receiver, then POST /api/webhooks/deliveries/{id}/redeliver."


class EndpointRefused(DeliveryFailed):
    """The endpoint's host resolves to an address that is not public."""

    hint = "The operator can allow an internal receiver by WEBHOOK_ALLOWED_HOSTS."


class EndpointUnreachable(DeliveryFailed):
    """The endpoint can't be reached."""

    retryable = True


class ReceiverRefused(DeliveryFailed):
    """The receiver answered with an error."""

    retryable = True


class CostLimitExceeded(ServiceError):
    """The next call could cost more than is allowed."""

    code = "cost_limit_exceeded"
    hint = "Raise max_cost, ask for less, or choose a cheaper model."


class EmbedderMissing(InvalidRequest):
    """This service has no embedder."""

    hint = "The operator can configure one by EMBEDDER."


class SchemaNotMet(ServiceError):
    """The model's answer does not meet the schema."""

    code = "schema_not_met"
    hint = "Loosen the schema, say more in the prompt, or choose a stronger model."


class InternalError(ServiceError):
    """Something went wrong inside the service; it has been logged."""

    code = "internal_error"
    hint = "Report the request id to the operator."


class ClaimLost(ServiceError):
    """Another worker holds this task now."""

    code = "claim_lost"

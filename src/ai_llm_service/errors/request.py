"""What a caller may have got wrong, or may not do."""

from ai_llm_service.errors.base import ServiceError


class InvalidRequest(ServiceError):
    """The request is not valid."""

    code = "invalid_request"

    def __init__(
        self, message: str | None = None, *, field: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.field = field


class EmbedderMissing(InvalidRequest):
    """This service has no embedder."""

    hint = "The operator can configure one by EMBEDDER."


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


class IdempotencyConflict(ServiceError):
    """This Idempotency-Key was sent before, with another request."""

    code = "idempotency_conflict"
    hint = "Give each request a new key, and the same key only to the same request."


class LimitExceeded(ServiceError):
    """Too many requests."""

    code = "limit_exceeded"

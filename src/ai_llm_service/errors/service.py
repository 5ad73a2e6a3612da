"""What is wrong with the service itself, which its operator can repair."""

from ai_llm_service.errors.base import ServiceError


class InvalidConfiguration(ServiceError):
    """A setting has a value that is not accepted."""

    code = "invalid_configuration"


class CannotStart(ServiceError):
    """The service can't start."""

    code = "cannot_start"


class StoreUnavailable(ServiceError):
    """The database can't be reached at the moment."""

    code = "store_unavailable"
    hint = "Nothing was changed. Send the request again in a few seconds."
    retryable = True


class DiskFull(StoreUnavailable):
    """The service has no disk space left."""

    code = "disk_full"
    hint = "Nothing was changed. The operator must free disk space."


class InternalError(ServiceError):
    """Something went wrong inside the service; it has been logged."""

    code = "internal_error"
    hint = "Report the request id to the operator."

"""Why a webhook does not arrive."""

from ai_llm_service.errors.base import ServiceError


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

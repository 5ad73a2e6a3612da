"""Makes a request happen once, however often it is sent with the same idempotency key."""

from dataclasses import dataclass

from ai_llm_service.domain import Json
from ai_llm_service.errors import IdempotencyConflict
from ai_llm_service.store.idempotency import FirstRequest
from ai_llm_service.store.store import Store

OK = 200


class AlreadyAnswered(Exception):
    """The request was made before; what it was answered then goes out again."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__()
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Once:
    """A request and the key that its client gave it, if any.

    A use case calls `begin` first and `keep` last in the transaction that makes the request true:
    so a crash leaves both the work and its answer, or neither.
    """

    tenant_id: str = ""
    key: str | None = None
    fingerprint: str = ""
    kept_seconds: float = 0.0

    def look(self, store: Store) -> None:
        """AlreadyAnswered or IdempotencyConflict when the key is known; for before the work."""
        if self.key is None:
            return
        first = store.idempotency.first(self.tenant_id, self.key, self.kept_seconds)
        if first is not None:
            self._answer_again(first)

    def begin(self, store: Store) -> None:
        """Take the key, or raise as `look` does; waits for a first request that is under way."""
        if self.key is None:
            return
        while not store.idempotency.reserve(
            self.tenant_id, self.key, self.fingerprint, self.kept_seconds
        ):
            self.look(store)  # it finds nothing only where the first one has just become too old

    def keep(self, store: Store, body: Json, status: int = OK) -> None:
        """What the request is answered, now and at every repetition."""
        if self.key is not None:
            answer = {"status": status, "body": body}
            store.idempotency.keep(self.tenant_id, self.key, answer)

    def _answer_again(self, first: FirstRequest) -> None:
        if first.fingerprint != self.fingerprint:
            raise IdempotencyConflict
        raise AlreadyAnswered(first.response["status"], first.response["body"])


ANY_TIME = Once()

"""What a session has at a provider: one vector store, and a file for each document."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, delete, insert, select, union, update

from ai_llm_service.domain import SessionState
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import sessions
from ai_llm_service.store.tables_hosted import hosted_files, hosted_stores, installations


@dataclass(frozen=True, slots=True)
class HostedStore:
    """A vector store; without an id it was only intended, and may be there."""

    session_id: str
    provider: str
    store_id: str | None


@dataclass(frozen=True, slots=True)
class HostedFile:
    """A file of one document; without an id its upload was only intended, and it may be there."""

    document_id: str
    session_id: str
    provider: str
    file_id: str | None
    attached: bool
    indexed: bool
    error_code: str | None


class Hosted:
    """The rows of what lies at providers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def installation(self) -> str:
        """What tells our things at a provider from those of other installations."""
        return str(self._connection.execute(select(installations.c.id)).scalar_one())

    def store_of(self, session_id: str) -> HostedStore | None:
        columns = [hosted_stores.c[name] for name in HostedStore.__dataclass_fields__]
        row = self._connection.execute(
            select(*columns).where(hosted_stores.c.session_id == session_id)
        ).one_or_none()
        return HostedStore(**row._mapping) if row else None

    def intend_store(self, session_id: str, provider: str) -> None:
        self._connection.execute(
            insert(hosted_stores).values(
                session_id=session_id, provider=provider, intended_at=now()
            )
        )

    def keep_store(self, session_id: str, store_id: str | None) -> None:
        """Keep the id; None says that the store is gone and is to be made again."""
        self._connection.execute(
            update(hosted_stores)
            .where(hosted_stores.c.session_id == session_id)
            .values(store_id=store_id)
        )
        if store_id is None:
            self._connection.execute(
                update(hosted_files)
                .where(hosted_files.c.session_id == session_id)
                .values(attached=False, indexed=False)
            )

    def forget_store(self, session_id: str, *, was_there: bool) -> None:
        """It is there no more; what `was_there` counts for the session's receipt."""
        done = delete(hosted_stores).where(hosted_stores.c.session_id == session_id)
        if self._connection.execute(done).rowcount and was_there:
            self._count(session_id, sessions.c.provider_stores_removed)

    def files_of(self, session_id: str) -> tuple[HostedFile, ...]:
        columns = [hosted_files.c[name] for name in HostedFile.__dataclass_fields__]
        rows = self._connection.execute(
            select(*columns)
            .where(hosted_files.c.session_id == session_id)
            .order_by(hosted_files.c.document_id)
        )
        return tuple(HostedFile(**row._mapping) for row in rows)

    def intend_file(self, session_id: str, document_id: str, provider: str) -> None:
        self._connection.execute(
            insert(hosted_files).values(
                document_id=document_id,
                session_id=session_id,
                provider=provider,
                attached=False,
                indexed=False,
                intended_at=now(),
            )
        )

    def keep_file(self, document_id: str, file_id: str) -> bool:
        """Keep the id; False when there is another one already, or the document is gone."""
        statement = (
            update(hosted_files)
            .where(hosted_files.c.document_id == document_id, hosted_files.c.file_id.is_(None))
            .values(file_id=file_id, attached=False, indexed=False)
        )
        return self._connection.execute(statement).rowcount == 1

    def lose_file(self, document_id: str) -> None:
        """The provider has the file no more: it is to be uploaded again."""
        self._change(document_id, file_id=None, attached=False, indexed=False)

    def keep_attached(self, document_id: str) -> None:
        self._change(document_id, attached=True)

    def keep_indexed(self, document_id: str, error_code: str | None) -> None:
        """Keep that the provider is done with the file, and its word for what went wrong."""
        self._change(document_id, indexed=True, error_code=error_code)

    def forget_file(self, session_id: str, document_id: str, *, was_there: bool) -> None:
        """It is there no more; what `was_there` counts for the session's receipt."""
        done = delete(hosted_files).where(hosted_files.c.document_id == document_id)
        if self._connection.execute(done).rowcount and was_there:
            self._count(session_id, sessions.c.provider_files_removed)

    def removed_of(self, session_id: str) -> tuple[int, int]:
        """How many files and stores of a session were removed, by all attempts together."""
        counts = select(sessions.c.provider_files_removed, sessions.c.provider_stores_removed)
        row = self._connection.execute(counts.where(sessions.c.id == session_id)).one()
        return row[0], row[1]

    def known_sessions(self) -> set[str]:
        """The sessions that have, or may have, something at a provider."""
        found = union(select(hosted_stores.c.session_id), select(hosted_files.c.session_id))
        return set(self._connection.execute(found).scalars())

    def abandoned_sessions(self) -> set[str]:
        """Those of them that are closed or forgotten."""
        alive = select(sessions.c.id).where(sessions.c.state != SessionState.CLOSED)
        return self.known_sessions() - set(self._connection.execute(alive).scalars())

    def known_documents(self) -> set[str]:
        """The documents that have, or may have, a file at a provider."""
        return set(self._connection.execute(select(hosted_files.c.document_id)).scalars())

    def _count(self, session_id: str, column: Column[int]) -> None:
        self._connection.execute(
            update(sessions).where(sessions.c.id == session_id).values({column: column + 1})
        )

    def _change(self, document_id: str, **values: str | bool | None) -> None:
        self._connection.execute(
            update(hosted_files).where(hosted_files.c.document_id == document_id).values(**values)
        )

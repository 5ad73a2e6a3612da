"""Ids as clients send them: anything may come, only a UUID can be one of ours."""

from uuid import UUID


def is_id(text: str) -> bool:
    """Whether the text can be an id at all; the database is not asked about other texts."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False

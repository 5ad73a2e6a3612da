"""The bookmark of a step: it is kept with the intent of the next call, so it costs no commit."""

from pydantic import TypeAdapter

from ai_llm_service.domain import Claim, Step
from ai_llm_service.search.bookmark import Bookmark
from ai_llm_service.store.store import Store

BOOKMARK = TypeAdapter(Bookmark)


class StepBookmark:
    """Implements `BookmarkKeeper`."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self._wanted = step.bookmark

    @property
    def bookmark(self) -> Bookmark | None:
        return None if self._wanted is None else BOOKMARK.validate_python(self._wanted)

    def keep(self, bookmark: Bookmark) -> None:
        self._wanted = BOOKMARK.dump_python(bookmark, mode="json")

    def save(self, store: Store, claim: Claim) -> None:
        """In the transaction of an intent, which may have to be repeated: so each time."""
        if self._wanted is not None and self._wanted != self.step.bookmark:
            store.steps.keep_bookmark(claim.task.id, self.step.number, self._wanted)

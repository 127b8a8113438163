"""Progress of a batch: an artifact in Prefect's pages, and a callback for whoever waits in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

from services.results import ChunkResult, Progress


class Meter:
    """Counts pages as chunks come back."""

    def __init__(self, batch_id: int, total: int, tell: Callable[[Progress], None] | None) -> None:
        self._batch_id = batch_id
        self._total = total
        self._done = 0
        self._by_state: Counter[str] = Counter()
        self._tell = tell
        self._artifact: UUID | None = None

    async def begin(self) -> None:
        """Show the batch with nothing done yet."""
        self._artifact = await acreate_progress_artifact(
            0.0, key=f"batch-{self._batch_id}", description=self._text()
        )
        self._say()

    async def advance(self, pages: int, result: ChunkResult) -> None:
        """A chunk of ``pages`` pages is through."""
        self._done += pages
        result.count(self._by_state)
        self._say()
        if self._artifact is not None:
            share = 100.0 * self._done / max(self._total, 1)
            await aupdate_progress_artifact(self._artifact, progress=share, description=self._text())

    def _say(self) -> None:
        if self._tell is not None:
            self._tell(Progress(self._batch_id, self._done, self._total, dict(self._by_state)))

    def _text(self) -> str:
        states = ", ".join(f"{state} {count}" for state, count in sorted(self._by_state.items()))
        return f"Пакет {self._batch_id}: {self._done} из {self._total} страниц. {states}".strip()

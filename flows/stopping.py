"""How ``meterdrop worker`` and the flows that it runs know of each other: two files in a folder.

``stop`` asks flows to end soon; ``busy`` is locked, shared, by each flow that has services open. The kernel
frees that lock when a flow is killed, so it never says busy for the dead.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Set by the worker for its flows; without it nobody asks them to stop.
FOLDER = "METERDROP_WORKER_FOLDER"


def asked() -> bool:
    """Whether the worker that runs this flow is to stop."""
    folder = os.environ.get(FOLDER)
    return bool(folder) and (Path(folder or "") / "stop").exists()


@contextmanager
def busy() -> Iterator[None]:
    """Say that a flow is at work here."""
    folder = os.environ.get(FOLDER)
    if not folder or not Path(folder).is_dir():
        yield
        return
    with (Path(folder) / "busy").open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


class Worker:
    """The worker's side of the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "stop").unlink(missing_ok=True)

    def ask_to_stop(self) -> None:
        """Flows end after the chunk under way."""
        (self.folder / "stop").touch()

    def is_busy(self) -> bool:
        """Whether a flow has its services open."""
        with (self.folder / "busy").open("ab") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

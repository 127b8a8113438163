"""Makes the records of an old version, by that version's own program: run in a checkout of it.

    git archive COMMIT | tar x -C FOLDER
    cd FOLDER && PYTHONPATH=. python .../make.py FOLDER OUT.json

``tests.paper`` is the old version's, too. What is in it: two accepted sheets, of which one is exported, one
in review, one blank, a file whose pages are not counted and one whose pages are not read.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

from services import digitise, receive
from services.deliver import export_readings
from storage.records import Records, RecordsSettings
from storage.records.migrate import HEAD
from tests.paper import ORDER, Clock, account_row, file_of, open_services, register, slip


def main(folder: Path, out: Path) -> None:
    """Write ``out``: the database as SQL, the objects, the version."""
    database = folder / "records.db"
    with Records.open(RecordsSettings(f"sqlite:///{database}")) as records:
        ctx = open_services(records, folder / "objects", Clock())
        accounts = [f"{121_000_000_000 + n}" for n in range(4)]
        register(ctx, *(account_row(account) for account in accounts))
        first = receive.receive_file(ctx, file_of([slip(accounts[0], "1100")]), "a.pdf", ORDER)
        digitise.split(ctx, first.file_id)
        digitise.digitise_chunk(ctx, digitise.pending(ctx))
        export_readings(ctx, folder / "readings.csv")
        pages = ([slip(accounts[1], "1150")], [slip(accounts[2], "1200", confidence=0.6)], "blank")
        second = receive.receive_file(ctx, file_of(*pages), "b.pdf", ORDER)
        digitise.split(ctx, second.file_id)
        digitise.digitise_chunk(ctx, digitise.pending(ctx))
        third = receive.receive_file(ctx, file_of([slip(accounts[3], "1300")]), "c.pdf", ORDER)
        digitise.split(ctx, third.file_id)
        receive.receive_file(ctx, file_of("blank", "blank"), "d.pdf", ORDER)
        objects = {key: ctx.objects.get(key).decode() for key in ctx.objects.keys()}  # noqa: SIM118
    with sqlite3.connect(database) as connection:
        sql = list(connection.iterdump())
    out.write_text(
        json.dumps({"revision": HEAD, "objects": objects, "sql": sql}, ensure_ascii=False, indent=0) + "\n",
        "utf-8",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

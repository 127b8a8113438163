"""Sheets a second on two cores, from a 300-dpi grey JPEG PDF to committed records.

    python -m benchmarks.sheets [--sheets 500] [--no-flow] [--servers]

In one run, on the same cores and the same file: the services as ``meterdrop ingest`` runs them, start-up by
itself; the same batch as a flow through a local Prefect server; decoding the images alone; Tesseract on the
same cut fields, RapidOCR on the same whole pages where it is installed (20 slips, extrapolated). Nothing else
should run meanwhile; where something does, compare processor seconds; the load is printed. ``--servers``:
records and objects lie where METERDROP_DATABASE_URL and METERDROP_S3_… say, in a database that is empty yet;
no flow then.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pikepdf

from benchmarks import rivals
from benchmarks.cpu import cpu_seconds
from benchmarks.pile import DAY, OUT, Pile, pile
from domain.errors import UsageError
from flows import environment, server
from meterdrop.settings import load_settings
from meterdrop.wiring import context
from services import batch
from services.context import Context
from services.deliver import export_readings
from services.register import import_register
from services.results import BatchOrder, BatchResult
from services.status import status

ORDER = BatchOrder("krasnoyarskenergosbyt", "station", "benchmark", DAY)
Runner = Callable[..., BatchResult]


def measure(
    made: Pile, home: Path, cores: int, runner: Runner, servers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Start-up (to the first two sheets committed) and the whole pile, with ``runner``, in a fresh home.

    ``servers``: settings of the servers that keep records and objects instead.
    """
    settings = load_settings(
        {"METERDROP_HOME": str(home), "METERDROP_WORKERS": str(cores), **(servers or {})}
    )
    with context(settings) as ctx:
        if status(ctx).sheets:
            raise UsageError("the database holds sheets already; name an empty one")
        import_register(ctx, made.register, ORDER.supplier)
        first = _first_pages(home, cores)
        began = time.perf_counter()
        runner(ctx, first, ORDER)
        start_up = time.perf_counter() - began
        began, used = time.perf_counter(), cpu_seconds()
        result = runner(ctx, [made.pdf], ORDER)
        seconds, used = time.perf_counter() - began, cpu_seconds() - used
        wrong = _wrong(ctx, home, made)
    sheets = sum(result.totals.values())
    return {
        "start_up_s": round(start_up, 2),
        "sheets": sheets,
        "seconds": round(seconds, 2),
        "sheets_per_s": round(sheets / seconds, 2),
        "cpu_s_per_sheet": round(used / sheets, 4),
        "by_state": dict(result.totals),
        "wrong_among_accepted": wrong,
    }


def _first_pages(home: Path, cores: int) -> list[Path]:
    """As many one-page files as there are cores: every reader process has to start for them."""
    extra = pile(cores, seed=1)
    paths = []
    for number in range(cores):
        path = home / f"first-{number}.pdf"
        path.write_bytes(_single(extra.pdf, number))
        paths.append(path)
    return paths


def _single(pdf: Path, number: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(pdf) as document, pikepdf.new() as one:
        one.pages.append(document.pages[number])
        one.save(out)
    return out.getvalue()


def _wrong(ctx: Context, home: Path, made: Pile) -> int:
    """Accepted readings that no slip says."""
    path = home / "readings.csv"
    export_readings(ctx, path)
    with path.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    return sum(row["account"] in made.truth and made.truth[row["account"]] != row["reading"] for row in rows)


def main() -> None:
    """Measure and print; the numbers also go to ``benchmarks/out/sheets.json``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sheets", type=int, default=500)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--sample", type=int, default=20, help="slips that the others read")
    parser.add_argument("--no-flow", action="store_true", help="leave the Prefect server out")
    parser.add_argument("--servers", action="store_true", help="PostgreSQL and S3 of the environment")
    given = parser.parse_args()
    servers = _servers() if given.servers else {}
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.cores])
    made = pile(given.sheets)
    report: dict[str, Any] = {"cores": given.cores, "load_before": [round(x, 2) for x in os.getloadavg()]}
    folder = Path(tempfile.mkdtemp(prefix="meterdrop-benchmark-"))
    try:
        report["direct"] = _told(
            "direct", measure(made, _home(folder, "direct"), given.cores, batch.run_batch, servers)
        )
        seconds, used = rivals.decode_alone(made.pdf, given.sheets, given.cores)
        decoding = {
            "seconds": round(seconds, 2),
            "sheets_per_s": round(given.sheets / seconds, 2),
            "cpu_s_per_sheet": round(used / given.sheets, 4),
            "ours_beside_it_wall": round(report["direct"]["seconds"] / seconds, 2),
            "ours_beside_it_cpu": round(report["direct"]["cpu_s_per_sheet"] * given.sheets / used, 2),
        }
        report["decoding_alone"] = _told("decoding alone", decoding)
        if not given.no_flow and not servers:
            flow = _flow(made, folder, given.cores)
            flow["orchestration_share"] = round(1.0 - report["direct"]["seconds"] / flow["seconds"], 4)
            extra = flow["cpu_s_per_sheet"] - report["direct"]["cpu_s_per_sheet"]
            flow["orchestration_cpu_share"] = round(extra / flow["cpu_s_per_sheet"], 4)
            report["flow"] = _told("as a Prefect flow", flow)
        for name, rival in (
            ("Tesseract on the same fields", rivals.tesseract(made.pdf, made.truth, given.sample)),
            ("RapidOCR on the same whole pages", rivals.rapidocr(made.pdf, made.truth, given.sample)),
        ):
            if rival is None:
                print(f"## {name}\nnot installed: pip install rapidocr\n")
                continue
            report[name.split()[0].lower()] = _told(
                f"{name} ({given.sample} slips, extrapolated)",
                {
                    "cpu_s_per_sheet": round(rival.seconds, 3),
                    "sheets_per_s_all_cores": round(given.cores / rival.seconds, 2),
                    "fields_right": str(rival.right),
                },
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report["load_after"] = [round(x, 2) for x in os.getloadavg()]
    _told("load before and after", {"before": report["load_before"], "after": report["load_after"]})
    (OUT / "sheets.json").write_text(json.dumps(report, indent=1))


def _flow(made: Pile, folder: Path, cores: int) -> dict[str, Any]:
    """The same through a local Prefect server; its start is not counted."""
    home = _home(folder, "flow")
    with server.local_server(home / "prefect") as local:
        environment.prepare(home / "prefect", local.api_url)
        from flows import run

        measured = measure(made, home, cores, run.run_batch)
        run.finish()
    return measured


def _servers() -> dict[str, str]:
    named = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("METERDROP_DATABASE_URL", "METERDROP_DATABASE_POOL", "METERDROP_S3_"))
    }
    if "METERDROP_DATABASE_URL" not in named:
        raise UsageError("set METERDROP_DATABASE_URL, and METERDROP_S3_… for the objects")
    return named


def _home(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir()
    return home


def _told(title: str, values: dict[str, Any]) -> dict[str, Any]:
    print(f"## {title}")
    for name, value in values.items():
        print(f"{name:28s} {value}")
    print(flush=True)
    return values


if __name__ == "__main__":
    main()

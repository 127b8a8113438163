"""Calibrate on a supplier's archive: past scans that his own staff keyed twice.

Nothing of the scans is kept, neither pictures nor what is written on them: a line of results each, so that a
run over tens of thousands of scans goes on where it was interrupted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from domain.account import RegisterRow
from domain.errors import UsageError
from ocr.decode.history import with_register
from ocr.results import SlipReading
from services import answers, digitise
from services.archive_proof import ArchiveProof, prove_templates
from services.archive_rows import Manifest, ManifestRow, read_manifest
from services.context import LOCAL, Context, PageRead, PageRef
from services.scores import scores
from storage.records.archives import ArchiveLine
from templates.model import Template

Pages = dict[tuple[Path, int], list[ManifestRow]]


@dataclass(frozen=True)
class ArchiveResult:
    """What an archive shows. ``rows`` of the manifest, of which ``missing`` have no file (their lines).

    ``bad``: (line, problem) of unusable rows. ``proofs``: one a form that was found.
    """

    rows: int
    read: int
    not_read: int
    not_comparable: int
    disputed: int
    missing: Sequence[int]
    bad: Sequence[tuple[int, str]]
    proofs: Sequence[ArchiveProof]


def calibrate(
    ctx: Context,
    manifest: Path,
    supplier: str,
    channel: str,
    *,
    model: str,
    target: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ArchiveResult:
    """Read the archive's scans with the present model and register, and prove thresholds on them.

    ``model`` (``name@version``) is what the reader reads with; lines that it has read before are not read
    again. ``progress`` is told lines done of all. Nothing is put in force: see ``apply``. Raises
    ``UsageError`` for an unknown supplier or a file that is no manifest.
    """
    if supplier not in ctx.suppliers:
        raise UsageError(f"there is no supplier {supplier!r}; known are: {', '.join(sorted(ctx.suppliers))}")
    listed = read_manifest(manifest)
    with ctx.records.begin() as tx:
        if not tx.registers.count(supplier):
            raise UsageError(f"import the register of {supplier} first: accounts are read against it")
        run = tx.archives.open(supplier, channel, listed.sha256, model, rows=len(listed.rows), at=ctx.clock())
        done = tx.archives.done(run)
        active = tx.shadows.active(supplier)
    missing = _read_all(
        ctx,
        run,
        listed,
        done,
        supplier=supplier,
        weights="" if active is None else active.weights,
        progress=progress or (lambda _done, _total: None),
    )
    with ctx.records.read() as tx:
        lines = list(tx.archives.lines(run))
        proofs = prove_templates(
            ctx, tx, lines, channel=channel, data=listed.sha256[:16], model=model, target=target
        )
    return ArchiveResult(
        rows=len(listed.rows),
        read=sum(line.outcome == "read" for line in lines),
        not_read=sum(line.outcome == "not_read" for line in lines),
        not_comparable=sum(line.outcome == "not_comparable" for line in lines),
        disputed=sum(line.disputed for line in lines),
        missing=missing,
        bad=listed.bad,
        proofs=proofs,
    )


def _read_all(
    ctx: Context,
    run: int,
    listed: Manifest,
    done: set[int],
    *,
    supplier: str,
    weights: str,
    progress: Callable[[int, int], None],
) -> list[int]:
    """Read what is not done yet, chunk by chunk; the lines whose file is not there."""
    pages: Pages = {}
    missing: list[int] = []
    for row in listed.rows:
        if row.line in done:
            continue
        if row.path.is_file():
            pages.setdefault((row.path, row.page), []).append(row)
        else:
            missing.append(row.line)
    if pages:
        digitise.refresh_register(ctx, supplier)
    under_way: deque[tuple[Pages, Future[list[PageRead]]]] = deque()
    count = len(done)

    def finish() -> None:
        nonlocal count
        chunk, future = under_way.popleft()
        count += _keep(ctx, run, chunk, future.result(), supplier)
        progress(count, len(listed.rows) - len(missing))

    for chunk in _chunks(pages, ctx.settings.chunk_sheets):
        refs = [PageRef(f"{LOCAL}{path}", path.name, page, supplier, weights) for path, page in chunk]
        under_way.append((chunk, ctx.reader.submit(refs)))
        if len(under_way) > ctx.reader.workers:
            finish()
    while under_way:
        finish()
    return missing


def _chunks(pages: Pages, size: int) -> Iterator[Pages]:
    keys = list(pages)
    for start in range(0, len(keys), size):
        yield {key: pages[key] for key in keys[start : start + size]}


def _keep(ctx: Context, run: int, chunk: Pages, reads: Sequence[PageRead], supplier: str) -> int:
    """Compare a chunk's slips with what was keyed and keep the results; how many lines that were."""
    lines = []
    with ctx.records.begin() as tx:

        def known(account: str) -> list[RegisterRow]:
            rows = tx.registers.rows(supplier, account) if account else ()
            # How many digits the meter shows holds for past scans, too; what it showed then is not known.
            return [replace(row, previous_reading=None, previous_date=None) for row in rows]

        for rows, page in zip(chunk.values(), reads, strict=True):
            slips = dict(enumerate(page.slips, start=1))
            for row in rows:
                lines.append(_line(ctx, row, slips.get(row.slip), known))
        tx.archives.add(run, lines)
    return len(lines)


def _line(
    ctx: Context,
    row: ManifestRow,
    slip: SlipReading | None,
    known: Callable[[str], Sequence[RegisterRow]],
) -> ArchiveLine:
    template = ctx.templates.get((slip.template if slip is not None else None) or "")
    if slip is None or template is None or slip.outcome != "read":
        return ArchiveLine(row.line, disputed=row.disputed)
    account = slip.fields.get("account")
    registered = known((account.value if account is not None else None) or "")
    slip = with_register(slip, template, registered, None)
    machine = answers.of_machine(template, slip)
    seen = scores(slip, template)
    main, dates, others = _names(template)
    line = ArchiveLine(
        row.line,
        template=template.key,
        model=slip.model,
        outcome="not_comparable" if any(machine.get(name) for name in others) else "read",
        held=seen.held or not registered,
        score=seen.main,
        date_score=seen.date,
        disputed=row.disputed,
        date_wrong=machine.get(dates) != row.date if row.date and dates else None,
    )
    if row.disputed:
        return line
    other = machine["account"] != row.first.account
    wrong = other or machine.get(main) != row.first.reading
    return replace(line, wrong=wrong, wrong_registered=other and bool(registered))


def _names(template: Template) -> tuple[str, str, list[str]]:
    """The form's first reading, its date, and its further readings, which nobody keyed."""
    readings = [field.name for field in template.fields if field.role == "reading"]
    dates = [field.name for field in template.fields if field.role == "date"]
    return (readings or [""])[0], (dates or [""])[0], readings[1:]

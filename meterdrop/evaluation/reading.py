"""Read the files of a manifest, in several processes where there are many, and pair answers with truths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from domain.errors import InputError
from domain.reasons import Reason
from meterdrop.evaluation.manifest import Row
from meterdrop.readers import Line, PageReader, ReadOptions, failed, open_reader, read_file
from ocr.evaluate import Example

#: Fewer files than this are read in the command's own process: to start others takes a second each.
_FEW = 60
_PIECE = 24
#: Seconds after which a process is taken for hung: to start, and a file.
_START_SECONDS, _FILE_SECONDS = 120.0, 60.0
#: What is asked of a form beside its fields: account and reading both, by the lower confidence.
BOTH = "account and reading"

_reader: PageReader | None = None
_options: ReadOptions | None = None


def read_all(
    paths: Sequence[Path], options: ReadOptions, workers: int, progress: Callable[[int], None]
) -> dict[Path, list[Line]]:
    """Every file's lines. A file that cannot be read has one unreadable line; the others go on."""
    if workers < 2 or len(paths) < _FEW:
        reader = open_reader(options)
        found: dict[Path, list[Line]] = {}
        for path in paths:
            found[path] = _read_one(path, options, reader)
            progress(len(found))
        return found
    return _read_in_processes(paths, options, workers, progress)


def _read_one(path: Path, options: ReadOptions, reader: PageReader) -> list[Line]:
    if not path.is_file():
        return [failed(path, None, options.kind, InputError(Reason.NOT_FOUND))]
    return list(read_file(path, options.kind, reader, options.limits))


def _read_in_processes(
    paths: Sequence[Path], options: ReadOptions, workers: int, progress: Callable[[int], None]
) -> dict[Path, list[Line]]:
    from services.processes import Processes, WorkerLostError

    options.check()
    pool, apart = Processes(workers, _start, options), Processes(1, _start, options)

    def read(piece: list[Path]) -> list[list[Line]]:
        try:
            return pool.run(_START_SECONDS + _FILE_SECONDS * len(piece), _read_piece, piece)
        except WorkerLostError:
            # Nobody can say which file it was: one at a time, in a process apart.
            return [read_apart(path) for path in piece]

    def read_apart(path: Path) -> list[Line]:
        try:
            return apart.run(_START_SECONDS + _FILE_SECONDS, _read_piece, [path])[0]
        except WorkerLostError as error:
            reason = Reason.TIMED_OUT if error.hung else Reason.DECODER_CRASHED
            return [failed(path, None, options.kind, InputError(reason, str(error)))]

    pieces = [list(paths[i : i + _PIECE]) for i in range(0, len(paths), _PIECE)]
    found: dict[Path, list[Line]] = {}
    try:
        with ThreadPoolExecutor(workers) as waiting:
            for piece, lines in zip(pieces, waiting.map(read, pieces), strict=True):
                found.update(zip(piece, lines, strict=True))
                progress(len(found))
    finally:
        pool.close()
        apart.close()
    return found


def _start(options: ReadOptions) -> None:
    # A pool's initializer has no other way to leave something behind.
    global _options, _reader
    _options, _reader = options, None


def _read_piece(paths: list[Path]) -> list[list[Line]]:
    global _reader  # noqa: PLW0603
    assert _options is not None
    if _reader is None:
        _reader = open_reader(_options)
    reader = _reader
    return [_read_one(path, _options, reader) for path in paths]


def examples(rows: Sequence[Row], read: dict[Path, list[Line]], kind: str) -> dict[str, list[Example]]:
    """Field → its examples; a cell, a line or a meter has the one field ``value``."""
    found: dict[str, list[Example]] = {}
    for place, row in enumerate(rows):
        line = line_of(row, read[row.path])
        answers = {name: _example(row, name, line, kind, place) for name in row.truth}
        if kind == "form" and {"account", "reading"} <= set(answers):
            answers[BOTH] = _both(answers["account"], answers["reading"])
        for name, example in answers.items():
            found.setdefault(name, []).append(example)
    return found


def line_of(row: Row, lines: Iterable[Line]) -> Line | None:
    """The answer to a row: its page and slip; None where the page has fewer."""
    for line in lines:
        if line.get("page", row.page) == row.page and line.get("slip", 1) == row.slip:
            return line
    return None


def _example(row: Row, name: str, line: Line | None, kind: str, place: int) -> Example:
    truth = row.truth[name]
    if kind == "meter" and not truth and line is not None and line["outcome"] == "unreadable":
        # Nothing can be read there, and nothing was.
        return Example(truth, "", 1.0, row.group, place=place)
    answer = line if kind != "form" else (line or {}).get("fields", {}).get(name)
    if line is None or answer is None or line["outcome"] == "unreadable":
        return Example(truth, "", 0.0, row.group, read=False, place=place)
    if "present" in answer:
        value = "yes" if answer["present"] else "no"
    else:
        value = answer.get("decimals" if name == "decimals" else "value", "")
        if kind == "cell" and line["outcome"] == "blank":
            value = "_"
    return Example(
        truth,
        value,
        float(answer["confidence"]),
        row.group,
        characters=_characters(truth, answer.get("characters", ())),
        registered=answer.get("in_register"),
        place=place,
        sort=str(line.get("display", "")),
    )


def _characters(truth: str, characters: Sequence[Line]) -> tuple[tuple[bool, float], ...]:
    """(right, confidence) a cell, where it is clear which cell should say what."""
    says = "".join(c["value"] for c in characters)
    if truth[4:5] == truth[7:8] == "-":
        truth = truth[8:10] + truth[5:7] + truth[:4]
    start = len(says) - len(says.lstrip("_"))
    if len(says.strip("_")) != len(truth):
        return ()
    true = "_" * start + truth + "_" * (len(says) - start - len(truth))
    return tuple(
        (said == one, float(c["confidence"])) for said, one, c in zip(says, true, characters, strict=True)
    )


def _both(account: Example, reading: Example) -> Example:
    """One that is right when both are, and as sure as the less sure of them."""
    return Example(
        f"{account.truth} {reading.truth}",
        f"{account.value} {reading.value}",
        min(account.confidence, reading.confidence),
        account.group,
        read=account.read and reading.read,
        registered=None if account.registered is None else account.registered and not account.right,
        place=account.place,
    )

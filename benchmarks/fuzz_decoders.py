"""Fuzz everything that takes strangers' bytes: ``python -m benchmarks.fuzz_decoders [TARGET…]``.

Each target runs in a process of its own, with atheris (libFuzzer, guided by which Python lines an input
reached) where it is installed (``scripts/setup fuzz``; Linux x86-64 only), else unguided. Mutations know the
formats (``fuzz_mutate``) and begin with good inputs made here (``fuzz_seeds``). A finding is an exception
that callers are not told of, a result of the wrong kind, a process that dies, an input that takes ten seconds
of a processor or more than two gigabytes. The process goes on after an exception, so that one finding does
not hide the next; findings are told apart by their type and place. Their inputs lie in
``benchmarks/out/fuzz/TARGET``. Exit status 1: something was found.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.fuzz_targets import Target

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "benchmarks" / "out" / "fuzz"
#: Seconds of a processor that an input may take, its child processes left out; on the clock, where other work
#: counts too, it hangs after the second number.
MOST_PROCESSOR, LONGEST_SECONDS = 10.0, 300
MOST_MEGABYTES = 2048
#: Packages whose lines guide the fuzzer: ours, and those decoders and parsers that are written in Python.
GUIDING = ("domain", "intake", "meterdrop", "ocr", "services", "templates", "PIL", "email", "yaml", "csv")

One = Callable[[bytes], None]


class Notes:
    """What a process has seen; written to ``report`` now and then, so that it survives the process."""

    def __init__(self, folder: Path, report: Path) -> None:
        self.folder, self.report = folder, report
        self.inputs, self.slowest = 0, 0.0
        self.findings: dict[str, str] = {}

    def watch(self, one: One) -> One:
        """``one``, with its exceptions noted instead of raised."""

        def watched(data: bytes) -> None:
            began = time.process_time()
            try:
                one(bytes(data))
            except Exception as error:
                self._note(error, bytes(data))
            self.inputs += 1
            spent = time.process_time() - began
            if spent > self.slowest:
                self.slowest = spent
                (self.folder / "slowest").write_bytes(data)
            if spent > MOST_PROCESSOR:
                self.findings[f"{MOST_PROCESSOR:.0f} s of a processor"] = f"slowest: {spent:.1f} s"
            if self.inputs & (self.inputs - 1) == 0 or self.inputs % 500 == 0:
                self.write()

        return watched

    def _note(self, error: Exception, data: bytes) -> None:
        frames = [
            f
            for f in traceback.extract_tb(error.__traceback__)
            if str(ROOT) in f.filename and ".venv" not in f.filename
        ]
        places = [f"{Path(f.filename).relative_to(ROOT)}:{f.lineno}" for f in frames[-2:]]
        key = " ".join([type(error).__name__, *places])
        if key not in self.findings:
            name = f"exception-{sha256(key.encode()).hexdigest()[:10]}"
            (self.folder / name).write_bytes(data)
            self.findings[key] = f"{name}: {str(error)[:200]!r}"
            self.write()

    def write(self) -> None:
        """Keep the figures."""
        figures = {"inputs": self.inputs, "slowest": round(self.slowest, 3), "findings": self.findings}
        self.report.write_text(json.dumps(figures), "utf-8")


def child(name: str, seconds: int, seed: int, report: Path) -> None:
    """Fuzz one target in this process until the time is over."""
    notes = Notes(report.parent, report)
    try:
        import atheris  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        from benchmarks.fuzz_targets import TARGETS

        _unguided(TARGETS[name], seconds, seed, notes)
        return
    # What is imported from here on tells the fuzzer where an input has been.
    with atheris.instrument_imports(include=list(GUIDING)):
        from benchmarks.fuzz_targets import TARGETS

        one = notes.watch(TARGETS[name].open())
    try:
        _guided(atheris, TARGETS[name], seconds, seed, notes, one)
    finally:
        notes.write()


def _guided(atheris: Any, target: Target, seconds: int, seed: int, notes: Notes, one: One) -> None:
    from benchmarks.fuzz_targets import mutated

    good = list(target.seeds())
    corpus = notes.folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for data in good:
        (corpus / sha256(data).hexdigest()[:16]).write_bytes(data)

    def mutator(data: bytes, most: int, number: int) -> bytes:
        rng = random.Random(number)
        if data and rng.random() < 0.2:
            return bytes(atheris.Mutate(data, most))[:most]
        return (target.mutate(data, rng) if len(data) > 4 else mutated(target, good, rng))[:most]

    options = [
        "fuzz",
        str(corpus),
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-max_len={target.longest}",
        "-len_control=0",
        f"-timeout={LONGEST_SECONDS}",
        f"-rss_limit_mb={MOST_MEGABYTES}",
        f"-artifact_prefix={notes.folder}/",
        "-print_final_stats=1",
    ]
    atheris.Setup(options, one, custom_mutator=mutator)
    atheris.Fuzz()


def _unguided(target: Target, seconds: int, seed: int, notes: Notes) -> None:
    import signal

    from benchmarks.fuzz_targets import mutated

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    one, good = notes.watch(target.open()), list(target.seeds())
    rng = random.Random(seed)
    until = time.monotonic() + seconds
    for data in good:
        one(data)
    while time.monotonic() < until:
        data = mutated(target, good, rng)
        # What dies or hangs leaves its input behind.
        (notes.folder / "last").write_bytes(data)
        signal.alarm(LONGEST_SECONDS)
        one(data)
    signal.alarm(0)
    (notes.folder / "last").unlink(missing_ok=True)
    notes.write()


def fuzz(name: str, seconds: int) -> dict[str, object]:
    """Fuzz one target in child processes, a new one after each that dies; what was found."""
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.is_file():
            old.unlink()
    until = time.monotonic() + seconds
    inputs, slowest, run = 0, 0.0, 0
    findings: dict[str, str] = {}
    while run < 20 and (left := round(until - time.monotonic())) > 1:
        run += 1
        report = folder / "report.json"
        report.unlink(missing_ok=True)
        command = [
            sys.executable,
            "-m",
            "benchmarks.fuzz_decoders",
            name,
            "--child",
            str(run),
            "--seconds",
            str(left),
        ]
        with (folder / "log").open("wb") as log:
            status = subprocess.run(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                check=False,
            ).returncode
        figures: dict[str, Any] = (
            json.loads(report.read_text("utf-8"))
            if report.exists()
            else {"inputs": 0, "slowest": 0.0, "findings": {}}
        )
        inputs, slowest = inputs + figures["inputs"], max(slowest, figures["slowest"])
        findings |= figures["findings"]
        units = re.search(r"number_of_executed_units: (\d+)", (folder / "log").read_text("utf-8", "replace"))
        if units is not None:
            # libFuzzer ends the process without a word to Python: the report may be some inputs old.
            inputs += int(units[1]) - figures["inputs"]
        if status:
            (folder / "log").rename(folder / f"died-{run}.log")
            tail = (folder / f"died-{run}.log").read_text("utf-8", "replace").strip().splitlines()
            findings[f"died with {status}"] = (
                f"died-{run}.log: {' | '.join(line[:120] for line in tail[-3:])}"
            )
    return {
        "target": name,
        "seconds": seconds,
        "inputs": inputs,
        "slowest": slowest,
        "findings": findings,
    }


def main() -> int:
    """Fuzz the named targets one after the other, a JSON line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", help="default: all")
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        child(given.targets[0], given.seconds, given.child, OUT / given.targets[0] / "report.json")
        return 0
    from benchmarks.fuzz_targets import TARGETS

    unknown = set(given.targets) - set(TARGETS)
    if unknown:
        parser.error(f"there is no target {min(unknown)!r}; there are {', '.join(TARGETS)}")
    found = False
    for name in given.targets or TARGETS:
        result = fuzz(name, given.seconds)
        found = found or bool(result["findings"])
        print(json.dumps(result, ensure_ascii=False), flush=True)
    return int(found)


if __name__ == "__main__":
    sys.exit(main())

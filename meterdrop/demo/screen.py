"""What the demo shows: steps, progress and the table at the end. Russian first, then English."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.table import Table

from domain.reason_texts import reason_text
from domain.reasons import Reason
from domain.sheet import SheetState
from meterdrop.demo.checking import Findings
from services.results import Progress

_STATES = {
    SheetState.ACCEPTED: "принято / accepted",
    SheetState.REVIEW: "на проверку / to review",
    SheetState.DUPLICATE: "повторы / duplicates",
    SheetState.REJECTED: "отклонено / rejected",
    SheetState.BLANK: "пустые обороты / blank backs",
    SheetState.UNREADABLE: "нечитаемо / unreadable",
    SheetState.PENDING: "в очереди / pending",
}


class Screen:
    """Lines on standard output; progress overwrites its line on a terminal and is a line a time elsewhere."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._open_line = False

    def step(self, russian: str, english: str) -> None:
        """A step begins."""
        self._close_line()
        self._console.print(f"[dim]{time.monotonic() - self.began:5.1f} s[/]  {russian} / {english}")

    def line(self, text: str = "") -> None:
        """A plain line."""
        self._close_line()
        self._console.print(text, markup=False)

    def progress(self, now: Progress) -> None:
        """How far a batch is."""
        states = ", ".join(f"{state} {count}" for state, count in sorted(now.by_state.items()))
        text = f"         пакет / batch {now.batch_id}: {now.done}/{now.total}  {states}"
        if self._console.is_terminal:
            print(f"\r{text:<100}", end="", flush=True)
            self._open_line = True
        else:
            print(text, flush=True)

    def table(self, findings: Findings) -> None:
        """The demo's result."""
        self._close_line()
        table = Table(title="Итог / result", title_justify="left", show_header=False)
        table.add_column()
        table.add_column(justify="right")
        table.add_row("прочитано листов / sheets read", str(findings.sheets))
        for state, label in _STATES.items():
            if count := findings.by_state.get(state.value, 0):
                table.add_row(label, str(count))
            if state is SheetState.REVIEW:
                for code, times in sorted(findings.to_review.items(), key=lambda item: -item[1]):
                    table.add_row(f"    {reason_text(Reason(code))} [dim]{code}[/]", str(times))
        share = f"{findings.straight_through} из / of {findings.rule_keeping}"
        table.add_row(
            "без человека из бланков без нарушений /\nno person needed, of the slips that keep all rules",
            share,
        )
        table.add_row("неверно среди принятых / wrong among accepted", str(findings.wrong))
        self._console.print(table)

    def _close_line(self) -> None:
        if self._open_line:
            print()
        self._open_line = False

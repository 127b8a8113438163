"""The end of retention: originals and personal data go, what became of each sheet and the audit log stay.

Readings stay, too: billing has them, and the next month's reading is compared with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.errors import UsageError
from services import evidence, strays
from services.context import Context
from services.text import printable
from storage.records.holds import DueFile, HoldRow

#: A photo that its customer never confirmed.
DRAFT = "draft"
#: Of one run; the next one takes the rest.
_MOST_DRAFTS = 100_000


@dataclass(frozen=True)
class Terms:
    """Kind of document (a channel, or ``draft``) → days that it is kept; what is not named is kept."""

    days: Mapping[str, int]


@dataclass
class Kind:
    """What was destroyed of one kind."""

    files: int = 0
    sheets: int = 0
    bytes: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None

    def add(self, due: DueFile) -> None:
        """Count one file."""
        self.files += 1
        self.sheets += due.sheets
        self.bytes += due.size
        self.oldest = due.received_at if self.oldest is None else min(self.oldest, due.received_at)
        self.newest = due.received_at if self.newest is None else max(self.newest, due.received_at)


@dataclass
class Act:
    """An act of destruction. ``number`` 0: nothing was destroyed, or it was only tried.

    ``held``: files that a legal hold keeps; ``unjudged``: files with a sheet that still has to be judged.
    ``keys``: SHA-256 of every original destroyed. ``messages``: emptied ones that had brought no reading;
    ``messages_held``: those that a hold keeps. ``no_term``: channels that are kept because no term ends them.
    ``strays``: SHA-256 of objects that no record named; ``strays_kept``: how many of them were too many.
    """

    at: datetime
    who: str
    terms: dict[str, int]
    kinds: dict[str, Kind] = field(default_factory=dict)
    held: int = 0
    unjudged: int = 0
    keys: list[str] = field(default_factory=list)
    number: int = 0
    messages: int = 0
    messages_held: int = 0
    no_term: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    strays_kept: int = 0

    def as_json(self) -> dict[str, Any]:
        """The act as it is kept: what, how much, from when; nothing of what stood in it."""
        kinds = {
            name: {
                "files": kind.files,
                "sheets": kind.sheets,
                "bytes": kind.bytes,
                "oldest": None if kind.oldest is None else kind.oldest.isoformat(),
                "newest": None if kind.newest is None else kind.newest.isoformat(),
            }
            for name, kind in self.kinds.items()
        }
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "who": self.who,
            "terms": self.terms,
            "destroyed": kinds,
            "held": self.held,
            "unjudged": self.unjudged,
            "messages": self.messages,
            "messages_held": self.messages_held,
            "no_term": self.no_term,
            "originals": self.keys,
            "strays": self.strays,
            "strays_kept": self.strays_kept,
        }


def purge(ctx: Context, terms: Terms, who: str, *, dry: bool = False, all_strays: bool = False) -> Act:
    """Destroy what is due, file by file, then write the act; killed anywhere, run it again.

    A file's object goes first, its record after it: nothing is ever called destroyed that is still there.
    ``all_strays``: objects that no record names, however many (``services.strays``).
    """
    act = Act(ctx.clock(), who, dict(terms.days))
    with ctx.records.read() as tx:
        holds = tx.holds.all(standing=True)
        act.no_term = tx.holds.without_term(terms.days)
        pages = evidence.given_out(tx)
    for channel, days in terms.days.items():
        if channel == DRAFT:
            continue
        for due in _due(ctx, channel, act.at - timedelta(days=days)):
            if due.unjudged:
                act.unjudged += 1
            elif any(_holds(hold, due) for hold in holds):
                act.held += 1
            else:
                act.kinds.setdefault(channel, Kind()).add(due)
                act.keys.append(due.sha256)
                if not dry:
                    _destroy(ctx, due, who, pages.get(due.sha256, ()))
        with ctx.records.begin() as tx:
            before = act.at - timedelta(days=days)
            # Nobody knows whose they are: a hold on any account of their supplier keeps them.
            held = {hold.supplier for hold in holds}
            gone, kept = tx.holds.forget_stray_messages(channel, before, held, dry=dry)
            act.messages, act.messages_held = act.messages + gone, act.messages_held + kept
    if DRAFT in terms.days:
        _drafts(ctx, act, holds, act.at - timedelta(days=terms.days[DRAFT]), dry=dry)
    swept = strays.sweep(ctx, who, dry=dry, many=all_strays)
    act.strays, act.strays_kept = list(swept.keys), swept.kept
    if (act.keys or act.messages or act.strays) and not dry:
        with ctx.records.begin() as tx:
            act.number = tx.holds.write_act(act.as_json(), who, act.at)
            details = {"act": act.number, "files": len(act.keys), "held": act.held, "strays": len(act.strays)}
            tx.audits.add(act.at, who, "purge.act", details=details)
    return act


def place_hold(ctx: Context, supplier: str, account: str, why: str, who: str) -> int:
    """Keep everything of an account ("": of the supplier) whatever its term; the hold's number."""
    if supplier not in ctx.suppliers:
        raise UsageError(f"there is no supplier {supplier!r}; known are: {', '.join(sorted(ctx.suppliers))}")
    if not why.strip():
        raise UsageError("say why: the number of the case or of the letter")
    why = printable(why.strip())
    with ctx.records.begin() as tx:
        number = tx.holds.place(supplier, account, why, who, ctx.clock())
        details = {"hold": number, "account": account, "why": why}
        tx.audits.add(ctx.clock(), who, "hold.placed", supplier=supplier, details=details)
    return number


def lift_hold(ctx: Context, number: int, who: str) -> None:
    """Let terms run again; raises ``UsageError`` when no such hold stands."""
    with ctx.records.begin() as tx:
        if not tx.holds.lift(number, who, ctx.clock()):
            raise UsageError(f"no hold {number} stands; meterdrop holds list shows them")
        tx.audits.add(ctx.clock(), who, "hold.lifted", details={"hold": number})


def list_holds(ctx: Context) -> list[HoldRow]:
    """Every hold, lifted ones too."""
    with ctx.records.read() as tx:
        return tx.holds.all()


def _due(ctx: Context, channel: str, before: datetime) -> Iterator[DueFile]:
    last = 0
    while True:
        with ctx.records.read() as tx:
            some = tx.holds.due(channel, before, last)
        yield from some
        if not some:
            return
        last = some[-1].file_id


def _holds(hold: HoldRow, due: DueFile) -> bool:
    return hold.supplier == due.supplier and (not hold.account or hold.account in due.accounts)


def _destroy(ctx: Context, due: DueFile, who: str, pages: Iterable[str]) -> None:
    """The original, our copies of the pages of evidence that show it, and what the records say of it."""
    for key in (*pages, due.sha256):
        ctx.objects.delete(key)
    at = ctx.clock()
    with ctx.records.begin() as tx:
        tx.submissions.forget(tx.holds.submissions_of(due.file_id))
        tx.photo_marks.forget([sheet.id for sheet in tx.sheets.at(due.file_id, 1)])
        tx.holds.forget(due.file_id, at)
        details = {"file": due.file_id, "sha256": due.sha256, "sheets": due.sheets}
        tx.audits.add(at, who, "file.purged", supplier=due.supplier, details=details)


def _drafts(ctx: Context, act: Act, holds: list[HoldRow], before: datetime, *, dry: bool) -> None:
    """Photos that were never confirmed: nobody was told that they were received."""
    with ctx.records.read() as tx:
        drafts = tx.submissions.drafts_before(before, limit=_MOST_DRAFTS)
    for row in drafts:
        with ctx.records.read() as tx:
            shared = tx.submissions.photo_in_use(row.photo, row.id) or tx.holds.is_original(row.photo)
        size = len(ctx.objects.get(row.photo)) if not shared and ctx.objects.exists(row.photo) else 0
        accounts = frozenset({row.account})
        due = DueFile(0, row.supplier, DRAFT, row.photo, size, row.created_at, 0, 0, accounts)
        if any(_holds(hold, due) for hold in holds):
            act.held += 1
            continue
        act.kinds.setdefault(DRAFT, Kind()).add(due)
        act.keys.append(row.photo)
        if not dry:
            if not shared:
                ctx.objects.delete(row.photo)
            with ctx.records.begin() as tx:
                tx.submissions.forget([row.id])

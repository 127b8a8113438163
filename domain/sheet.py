"""The states of a sheet and which of them may follow which."""

from __future__ import annotations

from enum import StrEnum


class SheetState(StrEnum):
    """A sheet is one slip, or one page image with none on it; it is in exactly one state at any time."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REVIEW = "review"
    REJECTED = "rejected"
    BLANK = "blank"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"
    DELIVERED = "delivered"


_NEXT: dict[SheetState, frozenset[SheetState]] = {
    SheetState.PENDING: frozenset(
        {
            SheetState.ACCEPTED,
            SheetState.REVIEW,
            SheetState.REJECTED,
            SheetState.BLANK,
            SheetState.DUPLICATE,
            SheetState.UNREADABLE,
        }
    ),
    # Review and blank: one side of a paper, once the rest of its file was read.
    SheetState.REVIEW: frozenset(
        {
            SheetState.ACCEPTED,
            SheetState.REJECTED,
            SheetState.DUPLICATE,
            SheetState.REVIEW,
            SheetState.BLANK,
        }
    ),
    # Duplicate: a reading of higher rank took the place of this one.
    SheetState.ACCEPTED: frozenset({SheetState.DELIVERED, SheetState.REVIEW, SheetState.DUPLICATE}),
    # Billing refused it after all, or a reading is corrected: what billing has is reversed.
    SheetState.DELIVERED: frozenset({SheetState.REVIEW, SheetState.DUPLICATE}),
    # A reviewer takes a verdict back.
    SheetState.REJECTED: frozenset({SheetState.REVIEW}),
    SheetState.DUPLICATE: frozenset({SheetState.REVIEW}),
}


def may_follow(before: SheetState, after: SheetState) -> bool:
    """Whether a sheet in state ``before`` may go to ``after``."""
    return after in _NEXT.get(before, frozenset())

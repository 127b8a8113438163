"""Drafts and published forms in both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from storage.records import Records
from storage.records.taught import DROPPED, NewTaught

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FORM = NewTaught("my-slip", 1, "krasnoyarskenergosbyt", "y" * 64, "r" * 64, "r.png", None, "olga", AT)


def test_a_draft_is_changed_by_one_at_a_time(records: Records) -> None:
    with records.begin() as tx:
        draft = tx.taught.begin(
            "krasnoyarskenergosbyt", "p" * 64, "scan.pdf", {"fields": []}, at=AT, who="olga"
        )
        assert tx.taught.change(draft, 1, at=AT, who="petr", content={"fields": [1]})
        assert not tx.taught.change(draft, 1, at=AT, who="olga", content={"fields": [2]})
    with records.read() as tx:
        [row] = tx.taught.drafts()
        assert tx.taught.draft(draft) == row
        assert (row.revision, row.content, row.created_by, row.updated_by) == (
            2,
            {"fields": [1]},
            "olga",
            "petr",
        )
        assert tx.taught.uses("p" * 64)
    with records.begin() as tx:
        assert tx.taught.change(draft, 2, at=AT, who="petr", state=DROPPED)
        assert not tx.taught.change(draft, 3, at=AT, who="petr", content={})
        assert tx.taught.drafts() == []
        assert not tx.taught.uses("p" * 64)
        assert tx.taught.draft(draft + 1) is None


def test_a_version_is_published_once_and_may_be_withdrawn(records: Records) -> None:
    with records.begin() as tx:
        tx.taught.publish(FORM)
        assert tx.taught.uses("r" * 64)
        assert tx.taught.withdraw("my-slip", 1, at=AT, who="olga")
        assert not tx.taught.withdraw("my-slip", 2, at=AT, who="olga")
    with records.read() as tx:
        [row] = tx.taught.published()
        assert (row.key, row.withdrawn_by, row.withdrawn_at) == ("my-slip@1", "olga", AT)
    with pytest.raises(sa.exc.IntegrityError), records.begin() as tx:
        tx.taught.publish(FORM)

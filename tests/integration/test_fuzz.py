"""Both OpenAPI descriptions, fuzzed for some seconds: nothing breaks and nothing shows a traceback.

``benchmarks.fuzz_api`` does the same for as long as one likes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fuzz_api import Sent, hammer, public, staff
from tests.integration.review_desk import Desk, Slip, open_desk

pytestmark = pytest.mark.slow

#: Sent to each app; the same every time.
EXAMPLES = 300


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(tmp_path_factory.mktemp("fuzz"))
    opened.user("root", "admin")
    opened.bring(Slip(), Slip("121000000002", doubtful={"account": [1]}))
    yield opened
    opened.ctx.close()


def test_the_staff_app_never_breaks(desk: Desk, tmp_path: Path) -> None:
    visitor, sent = staff(desk, tmp_path), Sent()
    assert len(visitor.description["paths"]) > 30
    hammer(visitor, EXAMPLES, 1, sent)
    assert not sent.findings
    assert sent.requests >= EXAMPLES // 2
    assert visitor.client.get("/dashboard").status_code == 200, "still logged in, still well"


def test_the_public_app_never_breaks(desk: Desk) -> None:
    visitor, sent = public(desk), Sent()
    hammer(visitor, EXAMPLES, 1, sent)
    assert not sent.findings
    assert sent.requests >= EXAMPLES // 2
    assert sent.answers[200] and sent.answers[422], "keys let it in, and it looks at what is sent"
    assert visitor.client.get("/").status_code == 200

"""Sessions, limits and local paths without a server; the colours' contrast."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.app import local_path
from web.limits import MOST_KEYS, HitsHere, Limiter
from web.sessions import EndedHere, Sessions
from web.settings import WebSettings

STYLES = Path(__file__).parents[3] / "web/static/meterdrop.css"
SETTINGS = WebSettings("one secret of a test, one secret of a test")


@dataclass
class Watch:
    now: datetime = field(default_factory=lambda: datetime(2026, 11, 25, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


def test_a_session_survives_its_cookie() -> None:
    watch = Watch()
    sessions = Sessions(SETTINGS, watch)
    session = sessions.start("анна", "stamp")
    again = sessions.read(sessions.write(session))
    assert again == replace(session, seen=watch.now)
    assert sessions.csrf_matches(session, sessions.csrf_token(again))


@pytest.mark.parametrize("cookie", [None, "", "x", "a.b", "W10.x", "é", "[]", "0" * 5000])
def test_anything_else_is_no_session(cookie: str | None) -> None:
    assert Sessions(SETTINGS, Watch()).read(cookie) is None


def test_a_cookie_signed_with_another_secret_is_no_session() -> None:
    watch = Watch()
    other = Sessions(replace(SETTINGS, secret="another secret of a test, another secret"), watch)
    assert Sessions(SETTINGS, watch).read(other.write(other.start("anna"))) is None


def test_csrf_tokens_differ_between_sessions() -> None:
    sessions = Sessions(SETTINGS, Watch())
    one, two = sessions.start(), sessions.start()
    assert not sessions.csrf_matches(one, sessions.csrf_token(two))
    assert not sessions.csrf_matches(one, "")


def test_ended_sessions_are_forgotten_when_they_could_not_live_anyway() -> None:
    watch = Watch()
    sessions = Sessions(SETTINGS, watch)
    for _ in range(50):
        sessions.end(sessions.start("anna"))
        sessions.end(sessions.start())
    assert isinstance(sessions.ended, EndedHere) and len(sessions.ended.kept) == 50
    watch.now += timedelta(hours=13)
    sessions.end(sessions.start("anna"))
    assert len(sessions.ended.kept) == 1


def test_the_limiter_lets_go_when_its_oldest_hit_is_old() -> None:
    watch = Watch()
    limiter = Limiter(3, timedelta(seconds=60), watch)
    for _ in range(3):
        assert limiter.wait("a") == 0
        limiter.hit("a")
        watch.now += timedelta(seconds=10)
    assert limiter.wait("a") == 30
    assert limiter.wait("b") == 0
    watch.now += timedelta(seconds=30)
    assert limiter.wait("a") == 0
    limiter.forget("a")
    assert isinstance(limiter.hits, HitsHere) and limiter.hits.kept == {}


def test_the_limiter_keeps_its_memory() -> None:
    limiter = Limiter(1, timedelta(minutes=1), Watch())
    for number in range(MOST_KEYS + 10):
        limiter.hit(str(number))
    assert isinstance(limiter.hits, HitsHere) and len(limiter.hits.kept) == MOST_KEYS
    assert limiter.wait("0") == 0 and limiter.wait(str(MOST_KEYS)) > 0


@given(st.text(max_size=40))
def test_a_local_path_stays_here(target: str) -> None:
    path = local_path(target)
    assert path.startswith("/") and not path.startswith(("//", "/\\"))
    assert not any(ord(character) < 32 for character in path)


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "paper"),
        ("ink", "desk"),
        ("soft", "paper"),
        ("soft", "desk"),
        ("accent", "paper"),
        ("accent", "desk"),
        ("accent-deep", "accent-pale"),
        ("paper", "accent"),
        ("paper", "accent-deep"),
        ("paper", "bad"),
        ("doubt", "paper"),
        ("doubt", "doubt-pale"),
        ("bad", "paper"),
        ("bad", "bad-pale"),
        ("good", "paper"),
    ],
)
def test_text_stands_out_by_wcag_aa(text: str, ground: str) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", STYLES.read_text("utf-8")))
    light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5

"""A photo that crashes its decoder is refused, and neither the web app nor the next photo suffers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from domain.errors import InputError
from domain.reasons import Reason
from services import photos
from services.cleaning import Cleaner
from services.photos import CleanPhoto

DEADLY, SLOW = b"deadly", b"slow"


def work(data: bytes, name: str) -> CleanPhoto:
    """As a native decoder might behave on two strange files."""
    if data == DEADLY:
        os.kill(os.getpid(), signal.SIGSEGV)
    if data == SLOW:
        time.sleep(600)
    return photos.clean_photo(data, name)


@pytest.fixture(scope="module")
def cleaner() -> Iterator[Cleaner]:
    made = Cleaner(work=work)
    yield made
    made.close()


def photo() -> bytes:
    grey = np.tile(np.linspace(0, 255, 480, dtype=np.uint8), (320, 1))
    done, data = cv2.imencode(".png", cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    assert done
    return data.tobytes()


def test_a_photo_comes_back_as_it_is_kept(cleaner: Cleaner) -> None:
    here, there = photos.clean_photo(photo(), "a.png"), cleaner.clean(photo(), "a.png")
    assert there.jpeg == here.jpeg
    assert there.picture.shape == (320, 480, 3)
    assert (there.facts, there.on_screen) == (here.facts, here.on_screen)


def test_what_is_no_photo_is_said_as_it_was_found(cleaner: Cleaner) -> None:
    with pytest.raises(InputError) as caught:
        cleaner.clean(b"%PDF-1.4 nothing", "a.jpg")
    assert caught.value.reason in (Reason.CORRUPT_FILE, Reason.UNSUPPORTED_FORMAT)
    assert caught.value.detail


def test_a_deadly_photo_is_refused_and_the_next_is_taken(cleaner: Cleaner) -> None:
    for _ in range(3):
        with pytest.raises(InputError, match="killed the process") as caught:
            cleaner.clean(DEADLY)
        assert caught.value.reason is Reason.DECODER_CRASHED
    assert cleaner.clean(photo()).picture.shape == (320, 480, 3)


def test_one_that_keeps_its_process_too_long_is_refused() -> None:
    hasty = Cleaner(seconds=2.0, work=work)
    with pytest.raises(InputError) as caught:
        hasty.clean(SLOW)
    assert caught.value.reason is Reason.TIMED_OUT
    hasty.close()

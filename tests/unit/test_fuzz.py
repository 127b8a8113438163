"""Some seconds of ``benchmarks.fuzz_decoders``, always the same inputs, and what longer runs have found."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzz_targets import TARGETS, Target, variants
from domain.errors import TemplateError
from templates.loader import load_template

#: Inputs a target beside its seeds; those that start programs, or read whole pages, take longer each.
INPUTS = {"pdf": 12, "form": 2, "photo": 2, "dayfile": 8, "mail": 15}


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_nothing_but_what_callers_are_told_of(target: Target) -> None:
    one = target.open()
    inputs = variants(target, INPUTS.get(target.name, 60))
    assert len(inputs) > len(target.seeds())
    for data in inputs:
        one(data)


def test_inputs_are_the_same_every_time_and_differ_from_each_other() -> None:
    target = TARGETS["png"]
    assert variants(target, 20) == variants(target, 20)
    assert variants(target, 20) != variants(target, 20, seed=2)
    assert len(set(variants(target, 20))) > 20


@pytest.mark.parametrize("key", ["hint " * 200, '"two\\nlines"', '"\\x07bell"'])
def test_a_forms_odd_key_is_told_in_one_short_line(key: str, tmp_path: Path) -> None:
    form = tmp_path / "form.yaml"
    form.write_text(f"{key}: 1\n", "utf-8")
    with pytest.raises(TemplateError) as caught:
        load_template(form)
    assert (
        "\n" not in str(caught.value)
        and str(caught.value).replace("\N{REPLACEMENT CHARACTER}", "").isprintable()
    )
    assert len(str(caught.value)) < 900

"""What people do with a form that is not in its instructions, drawn on a filled slip.

Each habit says what the writer *meant*, so that a reader can be held to it, and what stands in every cell.
Used by tests, by the pictures of docs/habits.md, and to make examples for training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from simulate.habits.crowded import off_centre, oversized, right_aligned, two_in_a_cell
from simulate.habits.dates import dots_between, dots_in_cells, no_leading_zeros, short_year
from simulate.habits.fluid import fluid, fluid_rewritten
from simulate.habits.slip import Habitual, Slip, draw
from simulate.habits.struck import (
    next_cell,
    number_above,
    rewritten_above,
    rewritten_below,
    struck_alone,
    written_over,
)
from simulate.habits.unused import (
    comma_between,
    comma_in_cell,
    dash_through,
    dashes,
    no_comma,
    z_through,
)

__all__ = ["HABITS", "Habit", "Habitual", "Slip", "draw"]

Habit = Callable[[Slip], Habitual]

#: Every habit under its name, in the order of docs/habits.md.
HABITS: Final[Mapping[str, Habit]] = {
    each.__name__: each
    for each in (
        struck_alone,
        rewritten_above,
        rewritten_below,
        number_above,
        next_cell,
        written_over,
        dashes,
        dash_through,
        z_through,
        comma_between,
        comma_in_cell,
        no_comma,
        right_aligned,
        two_in_a_cell,
        oversized,
        off_centre,
        fluid,
        fluid_rewritten,
        short_year,
        dots_in_cells,
        dots_between,
        no_leading_zeros,
    )
}

"""Reads every slip on a page."""

from __future__ import annotations

from collections.abc import Sequence

from ocr.decode import AccountIndex
from ocr.forms.settings import CellReader, Page, ReaderSettings
from ocr.results import SlipReading
from templates.model import Template


class FormReader:
    """Finds, registers, cuts and reads slips of the given templates."""

    def __init__(
        self,
        templates: Sequence[Template],
        classifier: CellReader,
        accounts: AccountIndex | None = None,
        settings: ReaderSettings = ReaderSettings(),
    ) -> None:
        self.templates = tuple(templates)

    def read_page(self, page: Page) -> list[SlipReading]:
        """Every slip of a page, from top to bottom; never empty.

        A blank page gives one reading with outcome ``blank``; a page without a slip one ``unreadable`` with
        ``template_not_found``; a badly registered slip is ``unreadable`` with ``badly_registered`` and has NO
        fields. A slip on which nothing is written is ``read`` with the reason ``empty``.
        """
        raise NotImplementedError

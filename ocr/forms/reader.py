"""Reads every slip on a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import cv2

from domain.reasons import Reason
from ocr.decode import AccountIndex
from ocr.fingerprint import fingerprint
from ocr.forms.beside import read_beside
from ocr.forms.fields import (
    cell_crops,
    nothing_written,
    printed_reasons,
    read_cells,
    read_fields,
)
from ocr.forms.ink import black_of
from ocr.forms.kinds import Instruments
from ocr.forms.markerless import PrintLibrary
from ocr.forms.observing import observe_slip
from ocr.forms.quality import why_not_found
from ocr.forms.registration import Registered
from ocr.forms.seeing import Seen, see
from ocr.forms.settings import CellReader, Grey, Page, ReaderSettings
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
        stopwatch: Callable[[], float] = time.perf_counter,
        *,
        shadow: CellReader | None = None,
        instruments: Instruments | None = None,
    ) -> None:
        self.templates = tuple(templates)
        self._classifier = classifier
        self._accounts = accounts
        self._settings = settings
        self._stopwatch = stopwatch
        self._shadow = shadow
        self._library = PrintLibrary(self.templates, settings.blanks)
        self._instruments = instruments if instruments is not None else Instruments(threads=settings.threads)

    def read_page(self, page: Page) -> list[SlipReading]:
        """Every slip of a page, from top to bottom; never empty.

        A blank page gives one reading with outcome ``blank``; a page without a slip one ``unreadable`` with
        ``template_not_found``; a badly registered slip is ``unreadable`` with ``badly_registered`` and has NO
        fields. A slip on which nothing is written is ``read`` with the reason ``empty``. Print beside the
        slips that belongs to none of them gives one more ``template_not_found``, last. A slip registered by
        its print alone that might be another form is read with the reason ``form_unsure``.
        """
        cv2.setNumThreads(self._settings.threads)
        started = self._stopwatch()
        if page.empty:
            return [SlipReading(outcome="blank", seconds=self._stopwatch() - started)]
        found = see(page.grey, page.dpi, self.templates, self._library, self._settings)
        spent = self._stopwatch() - started
        if found.blank:
            return [SlipReading(outcome="blank", seconds=spent)]
        if not found.slips:
            return [SlipReading("unreadable", reasons=why_not_found(page.grey), seconds=spent)]
        count = len(found.slips) + found.more
        share = spent / count
        readings = [self._read_slip(page.grey, slip, n, share) for n, slip in enumerate(found.slips, start=1)]
        if found.more:
            # Another sheet lies beside the slips: it must not be lost only because they could be read.
            readings.append(
                SlipReading("unreadable", slip=count, reasons=(Reason.TEMPLATE_NOT_FOUND,), seconds=share)
            )
        return readings

    def _read_slip(self, grey: Grey, slip: Seen, number: int, seconds: float) -> SlipReading:
        started = self._stopwatch()
        template, registered = slip.template, slip.registered
        if registered is None or not registered.accepted:
            return SlipReading(
                outcome="unreadable",
                slip=number,
                template=template.key,
                reasons=(Reason.BADLY_REGISTERED,),
                registration=registered.registration if registered is not None else None,
                seconds=seconds + self._stopwatch() - started,
            )
        dpi = self._settings.dpi
        crops = cell_crops(registered, template, dpi)
        probabilities = read_cells(crops, self._classifier)
        black = black_of(registered.slip)
        observed = observe_slip(registered, template, probabilities, self._classifier, dpi=dpi, black=black)
        fields = read_fields(
            grey,
            registered,
            template,
            probabilities,
            observed=observed,
            instruments=self._instruments,
            accounts=self._accounts,
            dpi=dpi,
            black=black,
        )
        reasons = printed_reasons(template, fields)
        if not reasons and nothing_written(template, fields, crops, dpi, black):
            reasons = (Reason.EMPTY,)
        if registered.unsure:
            reasons = (Reason.FORM_UNSURE, *reasons)
        shadow = None
        if self._shadow is not None:
            shadow = read_beside(
                registered,
                template,
                crops,
                fields,
                self._shadow,
                accounts=self._accounts,
                dpi=dpi,
                black=black,
                number=number,
                stopwatch=self._stopwatch,
            )
        return SlipReading(
            outcome="read",
            slip=number,
            template=template.key,
            fields=fields,
            reasons=reasons,
            registration=registered.registration,
            ink=fingerprint(registered.slip, template, registered.correction.shifts, dpi),
            model=self._instruments.model(template, self._classifier.model) + _way(template, registered),
            seconds=seconds + self._stopwatch() - started,
            shadow=shadow,
        )


def _way(template: Template, registered: Registered) -> str:
    """What is added to the model's name where a form that has markers was registered without them.

    What was proven of slips with their markers was not proven of these.
    """
    return "+print" if template.markers and not registered.registration.markers_found else ""

"""Cells of one printed box each -> calibrated probabilities of what is written in them."""

from ocr.cells.classifier import CLASSES, CellClassifier

__all__ = ["CLASSES", "CellClassifier"]

"""A line of handwritten digits without cells -> the string, its characters and one joint probability."""

from ocr.lines.reader import LineReader, LineReading

__all__ = ["LineReader", "LineReading"]

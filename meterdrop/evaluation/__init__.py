"""Measure the reader on pictures whose truth is known: what ``meterdrop evaluate`` is made of."""

"""From class probabilities to values: the account against the register, numbers, dates."""

from ocr.decode.account import AccountIndex, AccountPosterior, is_neighbour
from ocr.decode.date import DatePosterior, decode_date
from ocr.decode.number import NumberPosterior, decode_number

__all__ = [
    "AccountIndex",
    "AccountPosterior",
    "DatePosterior",
    "NumberPosterior",
    "decode_date",
    "decode_number",
    "is_neighbour",
]

"""Why a sheet was not simply accepted: one enumeration for the API, notices, review page and metrics."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Stable codes; their texts for people are in ``domain.reason_texts``."""

    # the file or picture
    NOT_FOUND = "not_found"
    EMPTY_FILE = "empty_file"
    CORRUPT_FILE = "corrupt_file"
    PASSWORD_PROTECTED = "password_protected"  # noqa: S105 - a reason's code
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_SMALL = "too_small"
    UNSUPPORTED_FORMAT = "unsupported_format"
    DECODER_CRASHED = "decoder_crashed"
    TIMED_OUT = "timed_out"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    NO_DISPLAY_FOUND = "no_display_found"
    # a customer's photo
    NOT_A_METER = "not_a_meter"
    DISPLAY_TOO_SMALL = "display_too_small"
    DISPLAY_OFF = "display_off"
    CUT_OFF = "cut_off"
    GLARE = "glare"
    NOT_A_READING = "not_a_reading"
    SEVERAL_METERS = "several_meters"
    SERIAL_CONTRADICTS = "serial_contradicts"
    PHOTO_SEEN_BEFORE = "photo_seen_before"
    PHOTO_OF_SCREEN = "photo_of_screen"
    PHOTO_OF_ANOTHER_DAY = "photo_of_another_day"
    PHOTO_CONTRADICTS_ENTERED = "photo_contradicts_entered"
    # finding the form
    TEMPLATE_NOT_FOUND = "template_not_found"
    BADLY_REGISTERED = "badly_registered"
    # what is written
    EMPTY = "empty"
    ACCOUNT_MISSING = "account_missing"
    ACCOUNT_UNCLEAR = "account_unclear"
    ACCOUNT_UNKNOWN = "account_unknown"
    ACCOUNT_NEIGHBOUR = "account_neighbour"
    ACCOUNT_CONTRADICTS_CODE = "account_contradicts_code"
    ACCOUNT_CLOSED = "account_closed"
    METER_UNKNOWN = "meter_unknown"
    READING_MISSING = "reading_missing"
    READING_UNCLEAR = "reading_unclear"
    READING_TOO_LONG = "reading_too_long"
    DECIMALS_WRITTEN = "decimals_written"
    DATE_MISSING = "date_missing"
    DATE_UNCLEAR = "date_unclear"
    DATE_IMPLAUSIBLE = "date_implausible"
    ADDRESS_MISSING = "address_missing"
    SIGNATURE_MISSING = "signature_missing"
    STRUCK_OUT = "struck_out"
    REWRITTEN_BESIDE = "rewritten_beside"
    CELL_CROSSED = "cell_crossed"
    TWO_DIGITS_IN_CELL = "two_digits_in_cell"
    CORRECTION_FLUID = "correction_fluid"
    BELOW_THRESHOLD = "below_threshold"
    NO_THRESHOLD = "no_threshold"
    # what the register and history say
    LOWER_THAN_LAST = "lower_than_last"
    BELOW_ESTIMATE = "below_estimate"
    IMPLAUSIBLY_HIGH = "implausibly_high"
    OUTSIDE_WINDOW = "outside_window"
    DUPLICATE = "duplicate"
    CONTRADICTS_EARLIER = "contradicts_earlier"
    # what a person says
    PICKED_OUT = "picked_out"
    ILLEGIBLE = "illegible"
    NOT_A_SLIP = "not_a_slip"
    RESCAN = "rescan"
    REJECTED_BY_PERSON = "rejected_by_person"

"""What a customer can do so that the next photo of the meter is read: Russian first, English second.

``reason_text`` says what is wrong in words for staff; this says what to do, in words for somebody who stands
before the meter with a telephone.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.reason_texts import Language, reason_text
from domain.reasons import Reason

_ADVICE: dict[Reason, tuple[str, str]] = {
    Reason.BLURRED: (
        "Фотография размыта: держите телефон неподвижно и дождитесь резкости.",
        "The photo is blurred: hold the phone still and wait until the picture is sharp.",
    ),
    Reason.TOO_DARK: (
        "Слишком темно: включите свет или вспышку.",
        "It is too dark: switch on the light or the flash.",
    ),
    Reason.GLARE: (
        "Блик закрывает цифры: сфотографируйте немного сбоку и без вспышки.",
        "Glare hides the digits: take the photo slightly from the side and without flash.",
    ),
    Reason.DISPLAY_TOO_SMALL: (
        "Сфотографируйте ближе: цифры слишком мелкие.",
        "Take the photo closer: the digits are too small.",
    ),
    Reason.TOO_SMALL: (
        "Изображение слишком мало: пришлите фотографию целиком, без уменьшения.",
        "The picture is too small: send the whole photo at its full size.",
    ),
    Reason.CUT_OFF: (
        "Табло видно не целиком: отодвиньте телефон, чтобы в кадр попали все цифры.",
        "Part of the display is missing: move the phone back until all digits are in the picture.",
    ),
    Reason.DISPLAY_OFF: (
        "Табло погашено: нажмите кнопку на счётчике и сфотографируйте, пока горят цифры.",
        "The display is off: press the button on the meter and take the photo while the digits are lit.",
    ),
    Reason.NO_DISPLAY_FOUND: (
        "Не видно табло: сфотографируйте счётчик прямо, чтобы цифры были в середине кадра.",
        "The display cannot be seen: take the photo from the front, with the digits in the middle.",
    ),
    Reason.NOT_A_METER: (
        "На фотографии не видно счётчика: сфотографируйте его табло.",
        "There is no meter on the photo: take a photo of its display.",
    ),
    Reason.NOT_A_READING: (
        "На табло сейчас не показание: дождитесь, пока оно сменится, или нажмите кнопку на счётчике.",
        "The display does not show the reading now: wait until it changes, or press the meter's button.",
    ),
    Reason.SEVERAL_METERS: (
        "В кадре несколько табло: сфотографируйте только свой счётчик.",
        "There are several displays in the picture: take a photo of your own meter alone.",
    ),
    Reason.READING_UNCLEAR: (
        "Цифры прочитаны неуверенно: сфотографируйте табло ещё раз, ближе и прямо.",
        "The digits are not clear: take the photo again, closer and from the front.",
    ),
    Reason.PHOTO_OF_SCREEN: (
        "Похоже, что снят экран: сфотографируйте сам счётчик.",
        "This seems to be a photo of a screen: take a photo of the meter itself.",
    ),
    Reason.CORRUPT_FILE: (
        "Файл повреждён: пришлите фотографию ещё раз.",
        "The file is damaged: send the photo again.",
    ),
    Reason.UNSUPPORTED_FORMAT: (
        "Это не фотография: пришлите снимок в формате JPEG, PNG или HEIC.",
        "This is not a photo: send a picture as JPEG, PNG or HEIC.",
    ),
    Reason.TOO_LARGE: (
        "Файл слишком велик: уменьшите фотографию и пришлите ещё раз.",
        "The file is too large: make the photo smaller and send it again.",
    ),
}
#: The first of these that applies is the one to tell: what explains the others comes before them.
_FIRST = (
    Reason.CORRUPT_FILE,
    Reason.UNSUPPORTED_FORMAT,
    Reason.TOO_LARGE,
    Reason.TOO_SMALL,
    Reason.TOO_DARK,
    Reason.DISPLAY_OFF,
    Reason.NOT_A_READING,
    Reason.CUT_OFF,
    Reason.DISPLAY_TOO_SMALL,
    Reason.GLARE,
    Reason.BLURRED,
    Reason.NOT_A_METER,
    Reason.NO_DISPLAY_FOUND,
    Reason.SEVERAL_METERS,
    Reason.PHOTO_OF_SCREEN,
    Reason.READING_UNCLEAR,
)


def photo_advice(reason: Reason, language: Language = "ru") -> str:
    """One sentence for the customer; the general text where nothing can be done better next time."""
    if reason not in _ADVICE:
        return reason_text(reason, language)
    russian, english = _ADVICE[reason]
    return russian if language == "ru" else english


def first_advice(reasons: Iterable[Reason], language: Language = "ru") -> str | None:
    """The one sentence that helps most; None where another photo would change nothing."""
    given = set(reasons)
    best = next((reason for reason in _FIRST if reason in given), None)
    return None if best is None else photo_advice(best, language)

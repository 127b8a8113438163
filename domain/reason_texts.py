"""The reasons in words: Russian first, English second."""

from __future__ import annotations

from typing import Literal

from domain.reasons import Reason

Language = Literal["ru", "en"]

_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.NOT_FOUND: ("Файл не найден.", "There is no such file."),
    Reason.EMPTY_FILE: ("Файл пуст.", "The file is empty."),
    Reason.CORRUPT_FILE: (
        "Файл повреждён: отсканируйте заново.",
        "The file is damaged: scan it again.",
    ),
    Reason.ORIGINAL_DAMAGED: (
        "Сохранённый оригинал утрачен или повреждён: восстановите его из резервной копии.",
        "The stored original is missing or damaged: restore it from a backup.",
    ),
    Reason.ALREADY_DESTROYED: (
        "Этот файл уже был принят и по истечении срока хранения уничтожен: второй раз его не принимают.",
        "This file was taken in before and destroyed when its term ended: it is not taken in again.",
    ),
    Reason.PASSWORD_PROTECTED: (
        "Файл защищён паролем: сохраните его без пароля.",
        "The file has a password: save it without one.",
    ),
    Reason.TOO_LARGE: (
        "Изображение слишком велико: сканируйте с разрешением 300 точек на дюйм.",
        "The picture is too large: scan at 300 dpi.",
    ),
    Reason.TOO_MANY_PAGES: (
        "В файле слишком много страниц: разделите его.",
        "The file has too many pages: split it.",
    ),
    Reason.TOO_SMALL: (
        "Изображение слишком мало: сканируйте с разрешением не ниже 150 точек на дюйм.",
        "The picture is too small: scan at 150 dpi or more.",
    ),
    Reason.UNSUPPORTED_FORMAT: (
        "Это не изображение и не PDF.",
        "This is neither a picture nor a PDF.",
    ),
    Reason.DECODER_CRASHED: (
        "Файл дважды вывел программу чтения из строя и отложен.",
        "The file crashed the decoder twice and was set aside.",
    ),
    Reason.TIMED_OUT: ("Страница читалась слишком долго.", "Reading the page took too long."),
    Reason.BLURRED: ("Изображение размыто.", "The picture is blurred."),
    Reason.TOO_DARK: ("Изображение слишком тёмное.", "The picture is too dark."),
    Reason.NO_DISPLAY_FOUND: ("Табло счётчика не найдено.", "No meter display was found."),
    Reason.NOT_A_METER: ("На фотографии нет счётчика.", "There is no meter on the photo."),
    Reason.DISPLAY_TOO_SMALL: (
        "Цифры на фотографии слишком мелкие.",
        "The digits on the photo are too small.",
    ),
    Reason.DISPLAY_OFF: ("Табло счётчика погашено.", "The meter's display is off."),
    Reason.CUT_OFF: ("Табло попало в кадр не целиком.", "Part of the display is outside the photo."),
    Reason.GLARE: ("На цифры попал блик.", "There is glare on the digits."),
    Reason.NOT_A_READING: (
        "На табло не показание, а дата, время или номер.",
        "The display shows a date, a time or a number, not a reading.",
    ),
    Reason.SEVERAL_METERS: (
        "На фотографии несколько табло: неясно, какое из них нужно.",
        "There are several displays on the photo: it is not clear which one is meant.",
    ),
    Reason.MARK_ELSEWHERE: (
        "Запятая на табло стоит не там, где по реестру: у счётчика другое число цифр.",
        "The display has its decimal mark elsewhere than the register says: the digit count differs.",
    ),
    Reason.SERIAL_CONTRADICTS: (
        "На счётчике другой заводской номер, чем в реестре.",
        "The serial number on the meter is not the one in the register.",
    ),
    Reason.PHOTO_SEEN_BEFORE: ("Эта фотография уже присылалась.", "This photo was sent before."),
    Reason.MANY_PHOTOS_TODAY: (
        "За сутки по этому счёту прислано много фотографий.",
        "Many photos were sent for this account within a day.",
    ),
    Reason.PHOTO_OF_SCREEN: (
        "Похоже, что снят экран, а не сам счётчик.",
        "This seems to be a photo of a screen, not of the meter itself.",
    ),
    Reason.PHOTO_OF_ANOTHER_DAY: (
        "Фотография снята не в тот день, за который передано показание.",
        "The photo was not taken on the day that the reading is for.",
    ),
    Reason.PHOTO_CONTRADICTS_ENTERED: (
        "На фотографии не то показание, которое введено.",
        "The photo shows another reading than the one entered.",
    ),
    Reason.TEMPLATE_NOT_FOUND: ("Бланк на странице не найден.", "No known form was found on the page."),
    Reason.BADLY_REGISTERED: (
        "Бланк измят или снят с искажением: прочитать по клеткам нельзя.",
        "The slip is too distorted to be read cell by cell.",
    ),
    Reason.FORM_UNSURE: (
        "Не ясно, тот ли это бланк: часть его печати не видна или не на месте.",
        "Not sure that it is this form: some of its print is hidden or out of place.",
    ),
    Reason.BACK_OF_FORM: (
        "Оборот бланка: относится к соседнему листу.",
        "The back of a form: it belongs to the sheet beside it.",
    ),
    Reason.BACK_WITHOUT_FRONT: (
        "Оборот бланка, а лицевой стороны рядом нет: найдите её.",
        "The back of a form without its front beside it: look for the front.",
    ),
    Reason.FRONT_WITHOUT_BACK: (
        "Лицевая сторона, а её оборота рядом нет или он не читается: найдите его.",
        "The front of a form whose back is not beside it or cannot be read: look for the back.",
    ),
    Reason.OTHER_SIDE_AWAITED: (
        "Одна сторона бланка: остальные страницы файла ещё читаются.",
        "One side of a form: the file's other pages are still being read.",
    ),
    Reason.SIDES_UNSURE: (
        "Не ясно, какой оборот к какой лицевой стороне относится.",
        "Not sure which back belongs to which front.",
    ),
    Reason.SIDES_CONTRADICT: (
        "На двух сторонах листа написано разное.",
        "The two sides of the paper say different things.",
    ),
    Reason.NOT_UNDERSTOOD: (
        "Сообщение не понято: пришлите номер счёта и показание, как указано в квитанции.",
        "The message is not understood: send the account and the reading as the bill says.",
    ),
    Reason.SEVERAL_ACCOUNTS: (
        "В сообщении несколько счетов: пришлите каждый отдельно.",
        "The message names several accounts: send each by itself.",
    ),
    Reason.ACCOUNT_FORMAT: (
        "В номере счёта не столько цифр, сколько нужно.",
        "The account number has the wrong number of digits.",
    ),
    Reason.EMPTY: ("Бланк не заполнен.", "Nothing is written on the slip."),
    Reason.ACCOUNT_MISSING: ("Лицевой счёт не указан.", "The account is missing."),
    Reason.ACCOUNT_UNCLEAR: ("Лицевой счёт написан неразборчиво.", "The account is not clear."),
    Reason.ACCOUNT_UNKNOWN: ("Такого лицевого счёта нет в реестре.", "The account is not in the register."),
    Reason.ACCOUNT_NEIGHBOUR: (
        "Соседний лицевой счёт отличается одной неясной цифрой.",
        "A neighbouring account differs in one unclear digit.",
    ),
    Reason.ACCOUNT_CONTRADICTS_CODE: (
        "От руки вписан другой лицевой счёт, чем напечатан.",
        "Another account was written over the printed one.",
    ),
    Reason.ACCOUNT_CLOSED: ("Лицевой счёт закрыт.", "The account is closed."),
    Reason.SURNAME_DIFFERS: (
        "Фамилия не совпадает с фамилией в реестре.",
        "The surname is not the one in the register.",
    ),
    Reason.SERVED_ELSEWHERE: (
        "Показания по этому счёту принимает управляющая компания: передайте их туда.",
        "Readings of this account are taken by the managing company: report them there.",
    ),
    Reason.READ_REMOTELY: (
        "Показания этого счётчика снимаются дистанционно: передавать их не нужно.",
        "This meter is read remotely: there is no need to report it.",
    ),
    Reason.METER_REPLACED: (
        "Счётчик заменён: передайте показание нового счётчика.",
        "The meter was replaced: report the reading of the new one.",
    ),
    Reason.METERS_SWAPPED: (
        "Похоже, показания двух счётчиков перепутаны местами.",
        "The readings of two meters seem to have changed places.",
    ),
    Reason.ZONES_SWAPPED: (
        "Похоже, показания тарифных зон перепутаны местами.",
        "The readings of the tariff zones seem to have changed places.",
    ),
    Reason.ZONES_SUMMED: (
        "Похоже, передана сумма зон: нужно показание каждой зоны.",
        "This seems to be the sum of the zones: each zone's reading is needed.",
    ),
    Reason.METER_UNKNOWN: (
        "Неясно, к какому счётчику или тарифу относится показание.",
        "It is not clear which meter or tariff the reading belongs to.",
    ),
    Reason.READING_MISSING: ("Показание не указано.", "A reading is missing."),
    Reason.READING_UNCLEAR: ("Показание написано неразборчиво.", "The reading is not clear."),
    Reason.READING_TOO_LONG: (
        "В показании больше цифр, чем на счётчике: возможно, вписаны цифры после запятой.",
        "The reading has more digits than the meter: perhaps decimals were written in.",
    ),
    Reason.DECIMALS_WRITTEN: (
        "Вписаны цифры после запятой: в показание они не входят.",
        "Decimals were written in: they are not part of the reading.",
    ),
    Reason.DATE_MISSING: ("Дата не указана.", "The date is missing."),
    Reason.DATE_UNCLEAR: ("Дата написана неразборчиво.", "The date is not clear."),
    Reason.DATE_IMPLAUSIBLE: (
        "Дата не подходит ко дню выемки из ящика.",
        "The date does not fit the day on which the box was emptied.",
    ),
    Reason.ADDRESS_MISSING: ("Адрес не указан.", "The address is missing."),
    Reason.SIGNATURE_MISSING: ("Нет подписи.", "The signature is missing."),
    Reason.STRUCK_OUT: (
        "Цифра зачёркнута или исправлена.",
        "A digit is struck out or written over.",
    ),
    Reason.REWRITTEN_BESIDE: (
        "Исправление написано рядом с клетками.",
        "A correction is written beside the cells.",
    ),
    Reason.CELL_CROSSED: (
        "Клетка перечёркнута: пустая она или с цифрой, неясно.",
        "A cell is crossed: it is not clear whether it is empty or holds a digit.",
    ),
    Reason.TWO_DIGITS_IN_CELL: ("В одной клетке две цифры.", "Two digits stand in one cell."),
    Reason.CORRECTION_FLUID: (
        "Клетка закрашена корректором.",
        "A cell is painted over with correction fluid.",
    ),
    Reason.BELOW_THRESHOLD: ("Распознано неуверенно.", "Recognised without enough confidence."),
    Reason.NO_THRESHOLD: (
        "Для этого бланка ещё нет проверенного порога: решает человек.",
        "There is no proven threshold for this form yet: a person decides.",
    ),
    Reason.LOWER_THAN_LAST: (
        "Показание меньше последнего фактического.",
        "The reading is lower than the last actual one.",
    ),
    Reason.BELOW_ESTIMATE: (
        "Показание меньше начисленного по среднему или нормативу: нужен перерасчёт.",
        "The reading is below an estimate: the account will be recalculated.",
    ),
    Reason.IMPLAUSIBLY_HIGH: ("Расход неправдоподобно велик.", "The use is implausibly high."),
    Reason.HIGH_AT_TARIFF_CHANGE: (
        "Большой расход около смены тарифа: показание проверит сотрудник.",
        "The use is high around a change of tariffs: a person will check the reading.",
    ),
    Reason.RATIO_APPLIED: (
        "Похоже, показание уже умножено на коэффициент трансформации: нужны цифры со счётчика.",
        "The reading seems to be multiplied by the transformer ratio already: the meter's digits are needed.",
    ),
    Reason.ROLLED_OVER: ("Счётчик перешёл через ноль.", "The counter passed its end."),
    Reason.PREVIOUS_DOUBTFUL: (
        "Прошлое показание, видимо, было ошибочно завышено: нужен перерасчёт.",
        "The reading before seems to have been too high: the account will be recalculated.",
    ),
    Reason.CHANNEL_NOT_OFFERED: (
        "Этим способом показания не принимаются.",
        "Readings are not taken this way.",
    ),
    Reason.OUTSIDE_WINDOW: (
        "Показания в этот день не принимаются.",
        "Readings are not taken on this day.",
    ),
    Reason.NEXT_PERIOD: (
        "Показание учтено за следующий расчётный период.",
        "The reading counts for the next billing period.",
    ),
    Reason.OUTRANKED: (
        "За этот период учтено показание из более надёжного источника.",
        "A reading from a more reliable source counts for this period.",
    ),
    Reason.DUPLICATE: ("Это показание уже принято.", "This reading was already taken."),
    Reason.CONTRADICTS_EARLIER: (
        "За этот месяц уже принято другое показание.",
        "Another reading was already taken for this month.",
    ),
    Reason.REFUSED_BY_BILLING: (
        "Расчётная система не приняла показание.",
        "Billing refused the reading.",
    ),
    Reason.PERIOD_CLOSED: (
        "Расчётный месяц уже закрыт.",
        "The billing month is closed already.",
    ),
    Reason.TAKEN_BACK: (
        "Принятое показание отозвано для исправления.",
        "The accepted reading was taken back to be corrected.",
    ),
    Reason.PICKED_OUT: (
        "При сверке цифр одну отметили как прочитанную неверно.",
        "In the grid of digits one was marked as misread.",
    ),
    Reason.ILLEGIBLE: ("Неразборчиво.", "Illegible."),
    Reason.NOT_A_SLIP: ("Это не бланк показаний.", "This is not a slip."),
    Reason.BOX_HEADER: ("Сопроводительный лист ящика.", "The header sheet of a box."),
    Reason.QUESTIONNAIRE: (
        "Анкета: ответы проверяет человек.",
        "A questionnaire: a person checks the answers.",
    ),
    Reason.CONTACT_UNCLEAR: (
        "Адрес почты или номер телефона не похож на настоящий.",
        "The e-mail address or telephone number is not one.",
    ),
    Reason.ADDRESS_DIFFERS: (
        "Адрес на бланке не тот, что в реестре у этого счёта.",
        "The address on the slip is not the one that the register has for this account.",
    ),
    Reason.RESCAN: ("Отсканировать заново.", "Scan again."),
    Reason.REJECTED_BY_PERSON: ("Отклонено сотрудником.", "Rejected by a person."),
}


def reason_text(reason: Reason, language: Language = "ru") -> str:
    """One sentence for a person."""
    russian, english = _TEXTS[reason]
    return russian if language == "ru" else english

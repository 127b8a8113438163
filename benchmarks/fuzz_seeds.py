"""Good inputs for the fuzzers, all made here: small pictures, invented customers, invented mails."""

from __future__ import annotations

import io
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

import templates
from simulate import files, fill, hands, paper, scanner
from templates import find
from tests.hostile import good
from tests.meter_photo import jpeg_of, meter_photo


def _small() -> good.Pixels:
    return np.ascontiguousarray(good.truth()[::3, ::3])


def _saved(form: str, mode: str = "L", **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(_small()).convert(mode).save(out, form, **options)
    return out.getvalue()


@cache
def jpegs() -> tuple[bytes, ...]:
    """Grey, colour, CMYK and progressive ones, with and without EXIF."""
    return (
        _saved("JPEG", dpi=(150, 150)),
        _saved("JPEG", "RGB", progressive=True),
        _saved("JPEG", "CMYK"),
        jpeg_of(Image.fromarray(_small()), 6),
    )


@cache
def pngs() -> tuple[bytes, ...]:
    """Of every mode that scanners and telephones write."""
    modes = ("1", "L", "LA", "P", "RGB", "RGBA")
    return (
        *(_saved("PNG", mode) for mode in modes),
        good.picture("PNG", "I;16"),
        _saved("PNG", "RGB", dpi=(300, 300)),
    )


@cache
def tiffs() -> tuple[bytes, ...]:
    """Of several pages and compressions."""
    pages = [Image.fromarray(_small()), Image.fromarray(_small().T.copy())]
    many = io.BytesIO()
    pages[0].save(many, "TIFF", save_all=True, append_images=pages[1:], dpi=(200, 200))
    return (
        many.getvalue(),
        files.tiff_g4([_small(), _small()], 150),
        *(_saved("TIFF", compression=kind) for kind in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits")),
        _saved("TIFF", "RGB", compression="tiff_adobe_deflate"),
        good.tiled_tiff(_small()),
    )


@cache
def pdfs() -> tuple[bytes, ...]:
    """Scans as scanners write them, and pages that need drawing."""
    return (
        files.pdf([_small(), _small()], 100),
        good.scan_pdf(_saved("JPEG"), good.GREY_JPEG),
        good.strips_pdf(),
        good.masked_pdf(),
        _vector(),
    )


def _vector() -> bytes:
    from tests.hostile.bad import vector_pdf

    return vector_pdf()


@cache
def heics() -> tuple[bytes, ...]:
    """One, small."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    return (_saved("HEIF", "RGB", quality=50),)


@cache
def others() -> tuple[bytes, ...]:
    """WebP, BMP, GIF, JPEG 2000, AVIF, and no picture at all."""
    return (
        _saved("WEBP", "RGB"),
        _saved("WEBP", "RGBA", lossless=True),
        _saved("BMP"),
        _saved("BMP", "P"),
        _saved("GIF"),
        _saved("JPEG2000"),
        _saved("AVIF", "RGB", speed=10),
        b"PK\x03\x04 no picture",
    )


@cache
def slips() -> tuple[bytes, ...]:
    """A filled slip as a scanner writes it, one turned, and an empty page."""
    template, dpi, made = find("krasnoyarsk-dropbox"), 150, []
    for number, turned in enumerate((0, 2)):
        rng = np.random.default_rng(number)
        values = {"account": "121000000001", "reading": "05630", "date": "24112026", "signature": "x"}
        filled = fill.fill(template, values, fill.Writer(hand=hands.HANDS[number]), rng)
        sheet = paper.written(filled, paper.blank(template, dpi), dpi, rng)
        scan = np.ascontiguousarray(scanner.scan(sheet, scanner.Scan(blur_px=0.4, noise=3), rng))
        made.append(files.jpeg(np.ascontiguousarray(np.rot90(scan, turned)), dpi, 60))
    return (*made, files.jpeg(np.full((400, 300), 250, np.uint8), dpi))


@cache
def photos() -> tuple[bytes, ...]:
    """A meter, and a wall."""
    return (jpeg_of(meter_photo(size=(480, 640))), _saved("JPEG", "RGB"))


def messages() -> tuple[bytes, ...]:
    """As customers write them."""
    texts = (
        "121000000001*0563",
        "л/с 121000000001 показание 0563",
        "121000000001 05630 01230 00410",
        "УИН 12345678 05630 т1 05630 т2 01230",
        "Добрый день! Иванова, лс 121-000-000-001: 563,4",
        "T1=05630 T2=01230 счет 121000000001",
        "0563*121000000001",
        "+7 391 200-00-00",
    )
    return tuple(text.encode() for text in texts)


def day_files() -> tuple[bytes, ...]:
    """In both encodings and with every column."""
    plain = "account;reading\r\n121000000001;05630\r\n121000000002;00120\r\n"
    full = (
        "Лицевой счёт;Показание;Тариф;Счётчик;ФИО;Телефон;Дата;Номер\n"
        "121000000001;05630,4;T1;0091234567;Иванова А. А.;+73912000000;24.11.2026;a-1\n"
        '121000000002;"00120";2;;"ООО ""Ромашка""";;2026-11-23;a-2\n'
    )
    return (
        plain.encode(),
        full.encode("utf-8-sig"),
        full.encode("cp1251"),
        plain.replace(";", "\t").encode(),
    )


def registers() -> tuple[bytes, ...]:
    """With the asked-for columns, and with all."""
    head = (
        "account,surname,address,meter_serial,digits,decimals,tariff,previous_reading,previous_date,"
        "monthly_average"
    )
    row = ',Иванова,"г. Красноярск, ул. Мира, д. 12",0091234567,5,1,,05400,2026-10-24,180'
    more = ",supplier,previous_kind,ratio,phone,email,notify,alias"
    rest = ",krasnoyarskenergosbyt,actual,1,+73912000000,a@example.org,sms,"
    plain = f"{head}\n121000000001{row}\n121000000002{row}\n"
    full = f"{head}{more}\n121000000003{row}{rest}\n121000000004{row}{rest}\n"
    return (plain.encode(), full.encode("utf-8-sig"), full.replace(",", ";").encode("cp1251"))


def mails() -> tuple[bytes, ...]:
    """Plain, with a reply's quotes, HTML, with a photo, and a machine's."""
    made: list[bytes] = []
    for text, html in (("121000000001*0563", ""), ("", "<p>лс 121000000001</p><p>0563</p>")):
        mail = EmailMessage()
        mail["From"], mail["To"] = "Иванова <ivanova@example.org>", "readings@example.org"
        mail["Subject"], mail["Message-ID"] = "показания 121000000001*0563", f"<{len(made)}@example.org>"
        mail.set_content(text or "см. вложение\n> 121000000001*0001\n-- \nИванова")
        if html:
            mail.add_alternative(html, subtype="html")
            mail.add_attachment(_saved("JPEG"), maintype="image", subtype="jpeg", filename="счётчик.jpg")
        made.append(mail.as_bytes())
    report = (
        b"From: MAILER-DAEMON@example.org\nContent-Type: multipart/report; boundary=b\n\n--b\n\nx\n--b--\n"
    )
    bare = b"From: x@example.org\nSubject: =?windows-1251?B?7/Du4uXw6uA=?=\n\n121000000001 0563"
    return (*made, report, bare)


@cache
def forms() -> tuple[bytes, ...]:
    """The shipped forms and suppliers."""
    folder = Path(templates.__file__).parent
    return tuple(path.read_bytes() for path in sorted(folder.glob("*/*.yaml"))[:6])

"""What a mail says: its sender's own words, its pictures, and whether a machine wrote it."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from intake.mail.parts import read_mail
from intake.mail.words import own_words, text_of_html

OWN = "energy@example.org"


@pytest.mark.parametrize(
    "rest",
    [
        "-- \nИван, тел. 8 903 000 00 00",
        "С уважением, Иван\n89030000000",
        "Отправлено из Mail.ru\n123456 7890",
        "Отправлено с iPhone",
        "24 нояб. 2026 г., в 10:15, Энергосбыт <energy@example.org> писал(а):\n> 121000000000*0001",
        "On Tue, 24 Nov 2026 at 10:15, X <x@example.org> wrote:\n> 121000000000*0001",
        "-------- Пересылаемое сообщение --------\nОт: x@example.org\n121000000000*0001",
        "-----Original Message-----\n121000000000*0001",
        "From: x@example.org\nSent: Tuesday\n121000000000*0001",
        "> 121000000000*0001",
        "________________________________\n121000000000*0001",
    ],
)
def test_signatures_quotes_and_forwards_are_left_out(rest: str) -> None:
    assert own_words(f"Добрый день\r\n121000000000*0563\r\n\r\n{rest}") == "Добрый день\n121000000000*0563"


def test_words_of_an_html_mail() -> None:
    html = (
        "<html><head><style>p{}</style><title>123</title></head><body><p>121000000000*0563</p>"
        "<div>спасибо&nbsp;вам</div><div class='gmail_quote'><div>1</div>2</div><blockquote>3</blockquote>"
        "<div>до свидания</div></body></html>"
    )
    assert own_words(text_of_html(html)) == "121000000000*0563\nспасибо вам\nдо свидания"


def letter(**headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Иван <ivan@example.org>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("121000000000*0563")
    return mail


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, ""),
        ({"Auto_Submitted": "no"}, ""),
        ({"Auto_Submitted": "auto-replied (vacation)"}, "auto-submitted: auto-replied (vacation)"),
        ({"Precedence": "bulk"}, "precedence"),
        ({"List_Id": "<news>"}, "list-id"),
        ({"X_Autoreply": "yes"}, "x-autoreply"),
        ({"Return_Path": "<>"}, "empty return path"),
        ({"Reply_To": "postmaster@example.org"}, "sender is a machine"),
        ({"Reply_To": OWN.upper()}, "our own address"),
        ({"Reply_To": "nobody"}, "no sender"),
    ],
)
def test_what_a_machine_wrote(headers: dict[str, str], why: str) -> None:
    assert read_mail(letter(**headers).as_bytes(), OWN).automatic == why


def test_a_bounce_is_a_report() -> None:
    bounce = b"From: x@example.org\nContent-Type: multipart/report; boundary=a\n\n--a\n\nno\n--a--\n"
    assert read_mail(bounce, OWN).automatic == "report"


def test_pictures_are_taken_and_logos_left() -> None:
    mail = letter(Message_ID="<1@x>")
    mail.add_attachment(b"x" * 50, maintype="image", subtype="jpeg", filename="счётчик.jpg")
    mail.add_attachment(b"y" * 50, maintype="image", subtype="png", filename="logo.png", disposition="inline")
    mail.add_attachment(b"z", maintype="application", subtype="octet-stream", filename="скан.PDF")
    mail.add_attachment(b"w", maintype="text", subtype="calendar", filename="x.ics")
    read = read_mail(mail.as_bytes(), OWN)
    assert [(a.name, a.data[:1]) for a in read.attachments] == [("счётчик.jpg", b"x"), ("скан.PDF", b"z")]
    assert (read.message_id, read.sender, read.text) == ("<1@x>", "ivan@example.org", "121000000000*0563")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"From: =?utf-9?B?!!!?=\nSubject: =?koi8-r?Q?=FF\n\n\xf0",
        b"Content-Type: text/plain; charset=nonsense\nFrom: a@b\n\n\xcf\xee\xea",
        b"Content-Type: multipart/mixed\nFrom: a@b\n\nno boundary",
        b"From: a@b\nMessage-ID: <broken\nContent-Transfer-Encoding: base64\n\n!!!!",
    ],
)
def test_broken_mails_are_read_as_far_as_they_go(data: bytes) -> None:
    read = read_mail(data, OWN)
    assert read.raw == data
    assert read.message_id == read_mail(data, OWN).message_id != ""

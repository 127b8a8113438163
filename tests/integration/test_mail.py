"""Readings by mail: a real IMAP server, a real SMTP server, each mail handled and answered once."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller

from delivery.connections import Connections, Mailbox
from delivery.sender import send_all, transports
from domain.reasons import Reason
from intake.mail.fetch import opened, take_all, watch
from services.context import Context
from services.message_form import MESSAGE
from services.status import status
from services.verify import verify
from tests.paper import SUPPLIER, account_row, file_of, register, slip
from tests.servers.dovecot import Dovecot
from tests.servers.processes import free_port

ACCOUNT = "121000000001"
ADDRESS = "energy@example.org"


class Post:
    """What the SMTP server was handed; ``says`` is its next answers."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.says: list[str] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        said = self.says.pop(0) if self.says else "250 OK"
        if said.startswith("250"):
            data = envelope.content  # type: ignore[attr-defined]
            self.mails.append(message_from_bytes(data, policy=policy.default))  # type: ignore[arg-type]
        return said


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    handler = Post()
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def box(dovecot: Dovecot, post: tuple[Post, int]) -> Mailbox:
    return Mailbox(
        ADDRESS,
        imap_host="127.0.0.1",
        imap_port=dovecot.port,
        imap_tls="none",
        smtp_host="127.0.0.1",
        smtp_port=post[1],
        smtp_tls="none",
        user=dovecot.user,
        password=dovecot.password,
    )


@pytest.fixture
def desk(ctx: Context) -> Context:
    register(ctx, account_row(ACCOUNT))
    return replace(ctx, templates={**ctx.templates, MESSAGE.key: MESSAGE})


def mail(subject: str = "", text: str = "", **headers: str) -> EmailMessage:
    made = EmailMessage()
    values = {"From": "Иван <ivan@example.org>", "To": ADDRESS, "Message-ID": "<1@example.org>"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in (values | {"Subject": subject} | named).items():
        made[name] = value
    made.set_content(text)
    return made


def take(ctx: Context, box: Mailbox) -> int:
    with opened(box) as mailbox:
        return take_all(ctx, SUPPLIER, box, mailbox)


def outbound(ctx: Context, box: Mailbox) -> None:
    # Its SMTP server wants no log-in.
    known = Connections(email={SUPPLIER: replace(box, user="")})
    send_all(ctx, transports(known))


def test_a_mail_is_handled_and_answered_once(
    desk: Context, dovecot: Dovecot, box: Mailbox, post: tuple[Post, int]
) -> None:
    dovecot.deliver(mail("Показания", f"Добрый день!\n{ACCOUNT}*01100\nСпасибо").as_bytes())
    assert take(desk, box) == 1
    assert take(desk, box) == 0
    dovecot.deliver(mail("Показания", f"{ACCOUNT}*01100").as_bytes())
    assert take(desk, box) == 0, "the same Message-ID"
    assert status(desk).by_state["accepted"] == 1
    with desk.records.read() as tx:
        [sheet] = tx.sheets.get([1])
    kept = json.loads(desk.objects.get(sheet.sha256))
    assert b"Message-ID: <1@example.org>" in b64decode(kept["mail"])
    outbound(desk, box)
    outbound(desk, box)
    [answer] = post[0].mails
    assert answer["To"] == "ivan@example.org"
    assert answer["In-Reply-To"] == "<1@example.org>"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert f"Показание 01100 по счёту {ACCOUNT} получено" in answer.get_content()
    assert verify(desk).problems == ()


def test_automatic_mails_are_not_answered(
    desk: Context, dovecot: Dovecot, box: Mailbox, post: tuple[Post, int]
) -> None:
    text = f"{ACCOUNT}*01100"
    dovecot.deliver(mail("x", text, Message_ID="<1@x>", Auto_Submitted="auto-replied").as_bytes())
    dovecot.deliver(mail("x", text, Message_ID="<2@x>", From="mailer-daemon@example.org").as_bytes())
    dovecot.deliver(mail("x", text, Message_ID="<3@x>", Precedence="bulk").as_bytes())
    dovecot.deliver(mail("x", text, Message_ID="<4@x>", From=ADDRESS).as_bytes())
    dovecot.deliver(mail("x", text, Message_ID="<5@x>", Return_Path="<>").as_bytes())
    assert take(desk, box) == 5
    outbound(desk, box)
    assert post[0].mails == []
    assert status(desk).sheets == 0


def test_a_doubtful_mail_is_answered_with_how_to_write(
    desk: Context, dovecot: Dovecot, box: Mailbox, post: tuple[Post, int]
) -> None:
    dovecot.deliver(mail("вопрос", "Когда придёт квитанция?").as_bytes())
    take(desk, box)
    outbound(desk, box)
    [answer] = post[0].mails
    assert "не понято" in answer.get_content()
    assert "121000000000*0563" in answer.get_content()


def test_scans_that_are_attached_go_the_way_of_ingest(
    desk: Context, dovecot: Dovecot, box: Mailbox, post: tuple[Post, int]
) -> None:
    letter = mail("Показания за ноябрь", "Бланк во вложении")
    scan = file_of([slip(ACCOUNT, "1100")])
    letter.add_attachment(scan, maintype="application", subtype="pdf", filename="attachment-1.pdf")
    dovecot.deliver(letter.as_bytes())
    take(desk, box)
    with desk.records.read() as tx:
        [sheet] = tx.sheets.get([1])
    assert (sheet.channel, sheet.state.value, sheet.file_name) == ("email", "accepted", "attachment-1.pdf")
    outbound(desk, box)
    [answer] = post[0].mails
    assert "Показание 01100" in answer.get_content()
    assert "получено" in answer.get_content()


def test_an_attachment_that_shows_nothing_is_said_so(
    desk: Context, dovecot: Dovecot, box: Mailbox, post: tuple[Post, int]
) -> None:
    letter = mail("фото", "")
    letter.add_attachment(b"broken", maintype="application", subtype="pdf", filename="a.pdf")
    dovecot.deliver(letter.as_bytes())
    take(desk, box)
    outbound(desk, box)
    [answer] = post[0].mails
    assert "не принято" in answer.get_content()
    assert "Файл повреждён" in answer.get_content()
    with desk.records.read() as tx:
        [sheet] = tx.sheets.get([1])
    assert sheet.reasons == (Reason.CORRUPT_FILE,)


def test_a_server_that_is_busy_is_tried_again_and_one_that_refuses_is_not(
    desk: Context, dovecot: Dovecot, box: Mailbox, post: tuple[Post, int], clock: object
) -> None:
    post[0].says = ["451 busy", "250 OK", "550 no such user"]
    dovecot.deliver(mail("", f"{ACCOUNT}*01100").as_bytes())
    take(desk, box)
    outbound(desk, box)
    assert post[0].mails == []
    clock.forward(60)  # type: ignore[attr-defined]
    outbound(desk, box)
    assert len(post[0].mails) == 1
    dovecot.deliver(mail("", "?", Message_ID="<2@example.org>").as_bytes())
    take(desk, box)
    outbound(desk, box)
    with desk.records.read() as tx:
        counts = tx.notices.counts(SUPPLIER)
    assert counts == {("email", "received", "sent"): 1, ("email", "not_understood", "failed"): 1}


def test_a_server_that_keeps_no_keywords_gives_every_mail(
    desk: Context, dovecot: Dovecot, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.mail.fetch._mark", lambda *_: None)
    for number in range(23):
        dovecot.deliver(mail("", "Спасибо!", Message_ID=f"<{number}@example.org>").as_bytes())
    with opened(box) as mailbox:
        assert take_all(desk, SUPPLIER, box, mailbox) == 23
        assert take_all(desk, SUPPLIER, box, mailbox) == 0, "the records know them"


def test_a_new_mail_wakes_the_watcher(desk: Context, dovecot: Dovecot, box: Mailbox) -> None:
    stop, seen = threading.Event(), threading.Event()
    original = desk.records.begin

    def begin():  # type: ignore[no-untyped-def]
        seen.set()
        return original()

    desk.records.begin = begin  # type: ignore[method-assign]
    thread = threading.Thread(target=watch, args=(desk, SUPPLIER, box, stop))
    thread.start()
    try:
        dovecot.deliver(mail("", f"{ACCOUNT}*01100").as_bytes())
        assert seen.wait(30)
        for _ in range(100):
            if status(desk).by_state["accepted"]:
                break
            stop.wait(0.1)
    finally:
        stop.set()
        thread.join(30)
    assert status(desk).by_state["accepted"] == 1

"""What carries a notice to a customer: a gateway for text messages, or SMTP for mails.

A transport says what is sure. ``NotSentError``: it did not go out, another try is safe. ``RefusedError``: it
never will. ``DoubtError``: nobody knows, so it is not sent again by itself, unless the gateway tells repeated
ones apart.
"""

from __future__ import annotations

import smtplib
import ssl
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Protocol

import httpx

from delivery.connections import Mailbox, SmsGateway
from services.context import Context
from storage.records.notices import NoticeRow


class NotSentError(Exception):
    """The notice did not go out."""


class RefusedError(Exception):
    """The notice can never go out to this address."""


class DoubtError(Exception):
    """The notice may have gone out."""


class Transport(Protocol):
    """``idempotent``: a notice that is sent twice arrives once."""

    idempotent: bool

    def send(self, ctx: Context, notice: NoticeRow) -> None:
        """Send one; raises one of the three errors above."""
        ...


class SmsTransport:
    """A POST to an aggregator's gateway."""

    def __init__(self, gateway: SmsGateway, transport: httpx.BaseTransport | None = None) -> None:
        self.gateway = gateway
        self.idempotent = gateway.idempotent
        self._client = httpx.Client(timeout=gateway.timeout, transport=transport, trust_env=False)

    def send(self, ctx: Context, notice: NoticeRow) -> None:
        """Send one text message."""
        words = {"{to}": notice.address, "{text}": notice.body, "{id}": notice_id(notice)}
        values = {name: words.get(text, text) for name, text in self.gateway.fields.items()}
        body = {"json": values} if self.gateway.body == "json" else {"data": values}
        try:
            response = self._client.post(self.gateway.url, headers=dict(self.gateway.headers), **body)  # type: ignore[arg-type]
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSentError(f"{type(error).__name__}: {error}") from error
        except httpx.HTTPError as error:
            raise DoubtError(f"{type(error).__name__}: {error}") from error
        if response.is_success:
            return
        said = f"the gateway answered {response.status_code}"
        if response.status_code in {400, 404, 410, 422}:
            raise RefusedError(said)
        if response.status_code in {401, 403, 407, 408, 425, 429, 503}:
            raise NotSentError(said)
        raise DoubtError(said)


class MailTransport:
    """SMTP, a connection a mail: they are few, and a connection that broke says which mail it broke with."""

    idempotent = False

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    def send(self, ctx: Context, notice: NoticeRow) -> None:
        """Send one mail."""
        answers_to = _answered(ctx, notice)
        mail = compose(notice, self.mailbox.address, ctx.clock, answers_to)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise NotSentError(_words(error)) from error
        try:
            self._hand_over(server, mail, notice.address)
        finally:
            server.close()

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage, to: str) -> None:
        try:
            for code, said in (server.mail(self.mailbox.address), server.rcpt(to)):
                if code >= 500:
                    raise RefusedError(f"{code} {said.decode(errors='replace')}")
                if code >= 300:
                    raise NotSentError(f"{code} {said.decode(errors='replace')}")
        except (OSError, smtplib.SMTPException) as error:
            raise NotSentError(_words(error)) from error
        try:
            code, said = server.data(mail.as_bytes(policy=policy.SMTP))
        except smtplib.SMTPDataError as error:
            # The server said no to the command DATA itself.
            raise NotSentError(_words(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DoubtError(_words(error)) from error
        if code >= 500:
            raise RefusedError(f"{code} {said.decode(errors='replace')}")
        if code != 250:
            raise NotSentError(f"{code} {said.decode(errors='replace')}")

    def _connected(self) -> smtplib.SMTP:
        box = self.mailbox
        server: smtplib.SMTP
        if box.smtp_tls == "tls":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(box.smtp_host, box.smtp_port, timeout=box.timeout, context=context)
        else:
            server = smtplib.SMTP(box.smtp_host, box.smtp_port, timeout=box.timeout)
        try:
            if box.smtp_tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if box.user:
                server.login(box.user, box.password)
            else:
                server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server


def notice_id(notice: NoticeRow) -> str:
    """What a gateway tells notices apart by; another try has the same."""
    return f"meterdrop-{notice.id}"


def compose(notice: NoticeRow, sender: str, clock: object, answers_to: str) -> EmailMessage:
    """The mail; marked as sent by a machine, so that no other machine answers it (RFC 3834)."""
    assert callable(clock)
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = notice.address
    mail["Subject"] = notice.subject
    mail["Date"] = format_datetime(clock())
    mail["Message-ID"] = make_msgid(f"notice-{notice.id}", sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-replied" if answers_to else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if answers_to:
        mail["In-Reply-To"] = answers_to
        mail["References"] = answers_to
    mail.set_content(notice.body + "\n", cte="base64")
    return mail


def _answered(ctx: Context, notice: NoticeRow) -> str:
    """The Message-ID of the mail that the notice answers."""
    if notice.message_id is None:
        return ""
    with ctx.records.read() as tx:
        message = tx.messages.get(notice.message_id)
    known = message is not None and message.channel == "email" and message.external_id.startswith("<")
    return message.external_id if known and message is not None else ""


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"

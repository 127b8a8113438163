"""A mail as the services want it: its own words, its pictures, and whether a machine wrote it."""

from __future__ import annotations

import email
import hashlib
from email import policy
from email.message import EmailMessage
from email.utils import parseaddr

from intake.mail.words import own_words, text_of_html
from services.mails import Attachment, Mail

#: Larger mails are not read: a telephone's photos fit in it.
MOST_BYTES = 40 << 20
#: Pictures within the text and smaller than this are logos of a signature.
SMALLEST_INLINE = 40_000
_PICTURES = (
    "image/jpeg",
    "image/png",
    "image/heic",
    "image/heif",
    "image/tiff",
    "image/webp",
    "application/pdf",
)
_SUFFIXES = (".jpg", ".jpeg", ".png", ".heic", ".heif", ".tif", ".tiff", ".webp", ".pdf")
_MACHINES = ("mailer-daemon@", "postmaster@", "no-reply@", "noreply@", "donotreply@", "do-not-reply@")


def read_mail(data: bytes, own_address: str) -> Mail:
    """A mail from its bytes (RFC 5322); whatever is wrong with it, never raises."""
    parsed = email.message_from_bytes(data, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    sender = parseaddr(_header(parsed, "Reply-To") or _header(parsed, "From"))[1].strip()
    name = "".join(_header(parsed, "Message-ID").split())
    return Mail(
        message_id=name if name.startswith("<") else f"sha256:{hashlib.sha256(data).hexdigest()}",
        sender=sender,
        subject=_header(parsed, "Subject"),
        text=_text(parsed),
        attachments=tuple(_attachments(parsed)),
        automatic=_automatic(parsed, sender, own_address),
        raw=data,
    )


def _automatic(mail: EmailMessage, sender: str, own_address: str) -> str:
    """Why no machine must answer this mail (RFC 3834); "" where a person wrote it."""
    address = sender.lower()
    if "@" not in address:
        return "no sender"
    if address.startswith(_MACHINES):
        return "sender is a machine"
    return "our own address" if address == own_address.lower() else _marked(mail)


def _marked(mail: EmailMessage) -> str:
    """What marks the mail as written by a machine."""
    submitted = _header(mail, "Auto-Submitted").split(";")[0].strip().lower()
    if submitted not in {"", "no"}:
        return f"auto-submitted: {submitted}"
    if mail.get_content_type() == "multipart/report":
        return "report"
    if _header(mail, "Return-Path").strip() == "<>":
        return "empty return path"
    if _header(mail, "Precedence").strip().lower() in {"bulk", "junk", "list", "auto_reply"}:
        return "precedence"
    for header in ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"):
        if _header(mail, header):
            return header.lower()
    return ""


def _text(mail: EmailMessage) -> str:
    """The words that the sender wrote, without quotes, forwards and signature."""
    plain = mail.get_body(("plain",))
    if plain is not None and isinstance(plain, EmailMessage):
        text = _content(plain)
        if text.strip():
            return own_words(text)
    html = mail.get_body(("html",))
    if html is not None and isinstance(html, EmailMessage):
        return own_words(text_of_html(_content(html)))
    return ""


def _content(part: EmailMessage) -> str:
    try:
        content = part.get_content()
    except (LookupError, ValueError, AssertionError):
        # A character set that there is none of: most Russian mails without a good one are CP1251.
        content = (part.get_payload(decode=True) or b"").decode("cp1251", "replace")  # type: ignore[union-attr]
    return content if isinstance(content, str) else ""


def _attachments(mail: EmailMessage) -> list[Attachment]:
    found: list[Attachment] = []
    for part in mail.walk():
        if part.is_multipart():
            continue
        name = part.get_filename() or ""
        kind = part.get_content_type()
        if kind not in _PICTURES and not name.lower().endswith(_SUFFIXES):
            continue
        try:
            data = part.get_payload(decode=True)
        except (ValueError, AssertionError):
            continue
        if not isinstance(data, bytes) or not data:
            continue
        inline = part.get_content_disposition() != "attachment"
        if inline and kind.startswith("image/") and len(data) < SMALLEST_INLINE:
            continue
        suffix = "pdf" if kind == "application/pdf" else kind.rpartition("/")[2]
        found.append(Attachment(name or f"picture-{len(found) + 1}.{suffix}", kind, data))
    return found


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return str(mail.get(name, "") or "")
    except (ValueError, LookupError, AttributeError, IndexError, TypeError):
        # The standard library's parser gives up on some headers that spam has.
        return ""

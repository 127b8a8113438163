"""Watch a mailbox by IMAP: every mail is handled once, the connection comes back by itself.

What was handled is marked with the keyword ``meterdrop``, where the server keeps keywords, and moved where a
folder is named; the records say what was handled in any case. Nothing is ever deleted or marked as read.
"""

from __future__ import annotations

import imaplib
import logging
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from threading import Event

from imap_tools import (
    AND,
    BaseMailBox,
    ImapToolsError,
    MailBox,
    MailBoxStartTls,
    MailBoxUnencrypted,
)

from delivery.connections import Mailbox
from domain.errors import MeterdropError, StorageError
from intake.mail.parts import MOST_BYTES, read_mail
from services.context import Context
from services.mails import finish, receive_mail

log = logging.getLogger(__name__)

KEYWORD = "meterdrop"
#: Servers end an IDLE after half an hour (RFC 2177), and some networks sooner.
_IDLE_SECONDS = 120
#: Waiting before the next try of a connection that broke; doubled up to ``_LONGEST_WAIT``.
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 300.0
#: Mails fetched at a time.
_AT_ONCE = 20

_SIZE = re.compile(rb"RFC822[.]SIZE ([0-9]+)")

Broken = (OSError, ImapToolsError, imaplib.IMAP4.error, ssl.SSLError)


@contextmanager
def opened(box: Mailbox) -> Iterator[BaseMailBox]:
    """The mailbox's folder, logged in; raises what the network or the server says."""
    made: BaseMailBox
    if box.imap_tls == "tls":
        made = MailBox(box.imap_host, box.imap_port, timeout=box.timeout)
    elif box.imap_tls == "starttls":
        made = MailBoxStartTls(box.imap_host, box.imap_port, timeout=box.timeout)
    else:
        made = MailBoxUnencrypted(box.imap_host, box.imap_port, timeout=box.timeout)
    with made.login(box.user, box.password, initial_folder=box.folder) as mailbox:
        yield mailbox


def take_all(
    ctx: Context, supplier: str, box: Mailbox, mailbox: BaseMailBox, seen: set[str] | None = None
) -> int:
    """Handle every mail that is not marked; returns how many were new.

    ``seen``: mails that need no second look while this connection lasts; on a server that keeps no keywords
    it is all that tells them from new ones.
    """
    new = 0
    day = ctx.clock().astimezone().date
    seen = set() if seen is None else seen
    while True:
        uids = [uid for uid in mailbox.uids(AND(no_keyword=KEYWORD)) if uid not in seen][:_AT_ONCE]
        if not uids:
            break
        for uid in uids:
            seen.add(uid)
            data = _raw(mailbox, uid)
            try:
                if data is not None:
                    mail = read_mail(data, box.address)
                    new += receive_mail(ctx, mail, supplier, box.address, day()) != "known"
            except StorageError:
                raise
            except (MeterdropError, ValueError):
                # It stays unmarked for people to see, and does not hold the others.
                log.exception("mail %s in %s cannot be handled", uid, box.address)
                continue
            # Only now: until the mail is recorded it comes again.
            _mark(mailbox, uid, box)
    finish(ctx)
    return new


def watch(
    ctx: Context, supplier: str, box: Mailbox, stop: Event, wait: Callable[[float], object] | None = None
) -> None:
    """Handle mails as they come until ``stop`` is set; a broken connection is tried again, ever later."""
    pause, wait = _FIRST_WAIT, wait or stop.wait
    while not stop.is_set():
        try:
            with opened(box) as mailbox:
                finish(ctx)
                seen: set[str] = set()
                while not stop.is_set():
                    told = _told(mailbox)
                    take_all(ctx, supplier, box, mailbox, seen)
                    pause = _FIRST_WAIT
                    _idle(mailbox, stop, told)
        except (*Broken, StorageError) as error:
            log.warning("mailbox %s: %s; tried again in %.0f s", box.address, error, pause)
            wait(pause)
            pause = min(2 * pause, _LONGEST_WAIT)


def _told(mailbox: BaseMailBox) -> int:
    """How often the server has said, in answer to whatever, how many mails there are."""
    return len(mailbox.client.untagged_responses.get("EXISTS", []))


def _idle(mailbox: BaseMailBox, stop: Event, told: int) -> None:
    """Wait until the server says that something changed, or a while.

    A mail that came since ``told``, before the server was listening, is reported with another answer: then
    there is nothing to wait for.
    """
    with mailbox.idle as idle:
        if _told(mailbox) != told or _unread(mailbox):
            return
        for _ in range(_IDLE_SECONDS):
            if stop.is_set() or idle.poll(timeout=1):
                return


def _unread(mailbox: BaseMailBox) -> bool:
    """Whether words of the server lie in the connection's buffer, where polling its socket misses them.

    "+ idling" and "* 1 EXISTS" may come in one packet: both are read at once, and only the first is taken.
    """
    client = mailbox.client
    before = client.sock.gettimeout()
    client.sock.settimeout(0)
    try:
        # A public name until Python 3.13.
        buffer: BufferedReader = getattr(client, "_file", None) or client.file  # type: ignore[assignment]
        return bool(buffer.peek(1))
    except OSError:
        return False
    finally:
        client.sock.settimeout(before)


def _raw(mailbox: BaseMailBox, uid: str) -> bytes | None:
    """The mail's bytes as the server has them; None when it is gone or too large (then it is only marked)."""
    sizes = [
        _SIZE.search(part) for part in _fetched(mailbox, uid, "(RFC822.SIZE)") if isinstance(part, bytes)
    ]
    size = next((int(found[1]) for found in sizes if found), None)
    if size is None or size > MOST_BYTES:
        if size is not None:
            log.warning("mail %s is too large (%d bytes): it is left to people", uid, size)
        return None
    for part in _fetched(mailbox, uid, "(BODY.PEEK[])"):
        if isinstance(part, tuple) and isinstance(part[1], bytes):
            return part[1]
    return None


def _fetched(mailbox: BaseMailBox, uid: str, what: str) -> list[object]:
    status, data = mailbox.client.uid("fetch", uid, what)
    if status != "OK":
        raise ImapToolsError(f"the server does not give mail {uid}: {status}")
    return list(data)


def _mark(mailbox: BaseMailBox, uid: str, box: Mailbox) -> None:
    with suppress(ImapToolsError):
        mailbox.flag(uid, [KEYWORD], True)
    if box.done_folder:
        if not mailbox.folder.exists(box.done_folder):
            mailbox.folder.create(box.done_folder)
        mailbox.move(uid, box.done_folder)

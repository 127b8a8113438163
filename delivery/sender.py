"""Send the notices that are due, each at most once.

What surely did not go out is tried again; what may have gone out is shown to people.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from delivery.connections import Connections
from delivery.transports import DoubtError, MailTransport, NotSentError, RefusedError, SmsTransport, Transport
from services import telling
from services.context import Context
from services.text import printable
from storage.records.notices import DOUBTFUL, FAILED, QUEUED, SENDING, SENT, NoticeRow

log = logging.getLogger(__name__)

#: Tries of a notice before a person has to look.
MOST_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
#: So many tries that fail one after the other end a round.
_FAILURES_IN_A_ROW = 3


@dataclass
class Sent:
    """What a round did."""

    sent: int = 0
    later: int = 0
    doubtful: int = 0
    failed: int = 0


def transports(connections: Connections) -> dict[tuple[str, str], Transport]:
    """(supplier, channel) → what carries its notices."""
    found: dict[tuple[str, str], Transport] = {}
    for supplier, gateway in connections.sms.items():
        found[supplier, telling.SMS] = SmsTransport(gateway)
    for supplier, mailbox in connections.email.items():
        if mailbox.smtp_host:
            found[supplier, telling.EMAIL] = MailTransport(mailbox)
    return found


def send_all(ctx: Context, known: Mapping[tuple[str, str], Transport]) -> Sent:
    """One round over all suppliers and channels."""
    done = Sent()
    telling.rejected(ctx)
    for (supplier, channel), transport in known.items():
        _send(ctx, supplier, channel, transport, done)
    return done


def _send(ctx: Context, supplier: str, channel: str, transport: Transport, done: Sent) -> None:
    with ctx.records.exclusive(f"notices-{supplier}-{channel}"):
        _after_a_crash(ctx, supplier, channel, transport, done)
        in_a_row = 0
        while in_a_row < _FAILURES_IN_A_ROW:
            with ctx.records.begin() as tx:
                # One at a time: after a crash no other one is in doubt.
                taken = tx.notices.take(supplier, channel, ctx.clock(), limit=1)
            if not taken:
                return
            in_a_row = 0 if _send_one(ctx, taken[0], transport, done) else in_a_row + 1


def _after_a_crash(ctx: Context, supplier: str, channel: str, transport: Transport, done: Sent) -> None:
    """A notice that its sender left behind may have gone out."""
    with ctx.records.begin() as tx:
        for notice in tx.notices.sending(supplier, channel):
            if transport.idempotent:
                tx.notices.set(notice.id, SENDING, QUEUED, next_at=ctx.clock())
            else:
                done.doubtful += tx.notices.set(notice.id, SENDING, DOUBTFUL, error="the sender stopped")


def _send_one(ctx: Context, notice: NoticeRow, transport: Transport, done: Sent) -> bool:
    """Send a notice and record what is sure; False when the transport itself failed."""
    try:
        transport.send(ctx, notice)
    except RefusedError as error:
        _record(ctx, notice, FAILED, str(error))
        done.failed += 1
        return True
    except NotSentError as error:
        _later(ctx, notice, str(error), done)
        return False
    except DoubtError as error:
        if transport.idempotent:
            _later(ctx, notice, str(error), done)
        else:
            _record(ctx, notice, DOUBTFUL, str(error))
            done.doubtful += 1
        return False
    with ctx.records.begin() as tx:
        tx.notices.set(notice.id, SENDING, SENT, sent_at=ctx.clock(), error="")
    done.sent += 1
    return True


def _later(ctx: Context, notice: NoticeRow, error: str, done: Sent) -> None:
    if notice.attempts >= MOST_ATTEMPTS:
        _record(ctx, notice, FAILED, error)
        done.failed += 1
        return
    wait = min(_FIRST_WAIT * 2 ** min(notice.attempts - 1, 20), _LONGEST_WAIT)
    with ctx.records.begin() as tx:
        tx.notices.set(notice.id, SENDING, QUEUED, next_at=ctx.clock() + wait, error=printable(error))
    done.later += 1
    log.warning("notice %d: %s", notice.id, error)


def _record(ctx: Context, notice: NoticeRow, state: str, error: str) -> None:
    with ctx.records.begin() as tx:
        tx.notices.set(notice.id, SENDING, state, error=printable(error))
    log.warning("notice %d is %s: %s", notice.id, state, error)

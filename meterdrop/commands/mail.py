"""``meterdrop mail``: watch the mailboxes for readings."""

from __future__ import annotations

import signal
import threading

import click


@click.group("mail")
def command() -> None:
    """Readings by e-mail."""


@command.command("run")
@click.option("--supplier", metavar="NAME", help="Only this supplier's mailbox.")
@click.option("--once", is_flag=True, help="Handle what is there, then end.")
def run(supplier: str | None, *, once: bool) -> None:
    """Handle mails as they come (IMAP IDLE); answers go out with 'meterdrop notices send'.

    May be killed at any moment and run again: each mail is handled once.
    """
    from domain.errors import StorageError, UsageError
    from intake.mail.fetch import Broken, opened, take_all, watch
    from meterdrop.wiring import connections, context

    with context() as ctx:
        known = connections(ctx).email.items()
        boxes = {name: box for name, box in known if supplier in (None, name) and box.imap_host}
        if not boxes:
            raise UsageError("no mailbox is set up; docs/connections.md says how")
        if once:
            for name, box in boxes.items():
                try:
                    with opened(box) as mailbox:
                        click.echo(f"{box.address}: {take_all(ctx, name, box, mailbox)} new mails")
                except Broken as error:
                    raise StorageError(f"mailbox {box.address}: {error}") from error
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        threads = [
            threading.Thread(target=watch, args=(ctx, name, box, stop), name=f"mail-{name}")
            for name, box in boxes.items()
        ]
        for thread in threads:
            thread.start()
        click.echo(f"Watching {', '.join(box.address for box in boxes.values())}. Ctrl-C stops.")
        for thread in threads:
            thread.join()

"""The command line: finds the sub-command, and turns every failure into one line and an exit status."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import NoReturn

import click

from domain.errors import MeterdropError, UsageError

#: Sub-command → module in ``meterdrop.commands``; imported only when it is called, so that help is fast.
COMMANDS = {
    "read": ("read", "Read forms, cells or lines from pictures and PDFs; nothing is stored."),
    "evaluate": ("evaluate", "Measure the reader on pictures whose truth is known."),
    "print": ("print_forms", "Print a blank or personal slips."),
    "message": ("message", "Say what a text message or a mail's subject is understood as."),
    "ingest": ("ingest", "Take in a batch and digitise it."),
    "status": ("status", "Count sheets by state and reason."),
    "export": ("export", "Write the accepted readings for billing, each once."),
    "deliver": ("deliver", "Hand accepted readings to billing systems, each once."),
    "mail": ("mail", "Watch mailboxes for readings."),
    "notices": ("notices", "Send customers their notices."),
    "keys": ("keys", "Keys of the HTTP API."),
    "dayfile": ("dayfile", "Take in a channel's day file."),
    "month-end": ("month_end", "Close a month: who sent nothing, whom to remind, what to look at."),
    "report": ("report", "Report a month: accepted, audited, wrong, and the bound."),
    "evidence": ("evidence", "Write the page that proves a reading, or check one."),
    "verify": ("verify", "Prove that records, objects and audit log agree."),
    "backup": ("backup", "Copy records, objects and settings while everything goes on."),
    "restore": ("restore", "Restore a backup on an empty machine."),
    "audit": ("audit", "Read accepted slips once more, blindly, and count what was wrong."),
    "calibrate": ("calibrate", "Prove, tighten or loosen thresholds by what people found."),
    "models": ("models", "Compare a shadow model with the one in use, and switch."),
    "purge": ("purge", "Destroy originals whose term has ended, and write the act."),
    "holds": ("holds", "Keep what a case asks for, whatever its term."),
    "register": ("register", "Import the register of accounts."),
    "templates": ("templates", "List, check and try forms."),
    "serve": ("serve", "Serve the staff pages and the public pages."),
    "users": ("users", "Add and list staff."),
    "station": ("station", "Hand in a folder's scans to a server as they appear."),
    "worker": ("worker", "Run flows for a Prefect server."),
    "demo": ("demo", "Show the whole road on this machine."),
}


class LazyGroup(click.Group):
    """Imports a sub-command's module when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the main road."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"meterdrop.commands.{COMMANDS[cmd_name][0]}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="meterdrop")
def cli() -> None:
    """Paper slips and meter photos become readings that billing can trust."""


def main() -> NoReturn:
    """Run the command line; the console script. Exit status 0 done, 1 some inputs unreadable, 2 wrong use."""
    from meterdrop.logs import log_while
    from services.processes import ask_for_one_thread

    ask_for_one_thread()
    with log_while() as log:
        _warn_of_misspelt(log)
        status = _status(log)
    sys.exit(status)


def _warn_of_misspelt(log: logging.Logger) -> None:
    """A variable that is no setting has no effect, which nobody would see."""
    from meterdrop.settings import misspelt

    for name, nearest in misspelt(os.environ):
        if nearest:
            log.warning("%s is no setting and is ignored; is %s meant?", name, nearest)
        else:
            log.warning("%s is no setting and is ignored; docs/settings.md lists them all", name)


def _status(log: logging.Logger) -> int:
    """Run the command line, with one line for whatever goes wrong."""
    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Exit as leave:
        status = leave.exit_code
    except click.ClickException as error:
        error.show(sys.stderr)
        status = 2
    except (click.Abort, KeyboardInterrupt):
        print("Interrupted; run the same command again to go on.", file=sys.stderr)
        status = 130
    except BrokenPipeError:
        # The reader of our output went away (``| head``): nothing more to say to anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except MeterdropError as error:
        print(f"Error: {error}", file=sys.stderr)
        status = 2 if isinstance(error, UsageError) else 1
    except Exception:
        # A traceback of Python's own would show the values that a customer wrote.
        log.critical("nobody foresaw this; the places below help to mend it", exc_info=True)
        status = 1
    return status if isinstance(status, int) else 0

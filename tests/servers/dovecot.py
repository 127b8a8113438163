"""Dovecot as an ordinary user's process: a real IMAP server with one mailbox, in a temporary folder."""

from __future__ import annotations

import getpass
import grp
import imaplib
import os
import pwd
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.processes import Daemon, find, free_port, listens, require

USER, PASSWORD = "energy", "s3cret"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """The server's port and folder, and its one mailbox."""

    port: int
    folder: Path
    user: str = USER
    password: str = PASSWORD

    def deliver(self, mail: bytes, folder: str = "INBOX") -> None:
        """Put a mail into the mailbox, as a mail server would."""
        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.login(self.user, self.password)
            status, said = client.append(folder, "", "", mail)
            assert status == "OK", said

    def empty(self) -> None:
        """Leave no mail."""
        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.login(self.user, self.password)
            if client.select("INBOX")[1] == [b"0"]:
                return
            client.store("1:*", "+FLAGS", "\\Deleted")
            client.expunge()


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[Dovecot]:
    """A server that runs for the session."""
    programs = require("dovecot", {"dovecot": find("dovecot")}, "dovecot-imapd")
    # Not below the tests' own folder: its sockets' paths must be short, and an ordinary user must reach it.
    with tempfile.TemporaryDirectory(prefix="dovecot-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # Root starts it as an ordinary user, who owns its folder.
        runs_as = "nobody" if os.getuid() == 0 else None
        entry = pwd.getpwnam(runs_as or getpass.getuser())
        if runs_as is not None:
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        port = free_port()
        config = folder / "dovecot.conf"
        config.write_text(
            _CONFIG.format(
                folder=folder,
                user=entry.pw_name,
                group=grp.getgrgid(entry.pw_gid).gr_name,
                uid=entry.pw_uid,
                gid=entry.pw_gid,
                port=port,
                password=PASSWORD,
            )
        )
        config.chmod(0o644)
        daemon = Daemon([programs["dovecot"], "-F", "-c", config], folder / "output", user=runs_as)
        try:
            daemon.wait_for(lambda: listens(port), 20)
            yield Dovecot(port, folder)
        finally:
            daemon.stop()


@pytest.fixture
def dovecot(dovecot_server: Dovecot) -> Iterator[Dovecot]:
    """The server with an empty mailbox."""
    yield dovecot_server
    dovecot_server.empty()

"""Waiting for mail: what the server says in one breath with "+ idling" is heard."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from imap_tools import MailBoxUnencrypted

from intake.mail.fetch import _idle, _told

#: How the server answers IDLE: the second line in the same packet as the first, as dovecot does at times.
TOGETHER = b"+ idling\r\n* 1 EXISTS\r\n"
ALONE = b"+ idling\r\n"
SAID = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE\r\n",
    b"SELECT": b"* 0 EXISTS\r\n",
    b"LOGOUT": b"* BYE\r\n",
}


@pytest.fixture
def answer() -> list[bytes]:
    return [TOGETHER]


@pytest.fixture
def server(answer: list[bytes]) -> Iterator[int]:
    """A server that greets, accepts every command, and answers IDLE with ``answer``."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        with listener.accept()[0] as talking, talking.makefile("rb") as lines:
            talking.sendall(b"* OK ready\r\n")
            tag = b""
            for line in lines:
                if line.strip() == b"DONE":
                    talking.sendall(tag + b" OK done\r\n")
                    continue
                tag, command = line.split()[:2]
                if command == b"IDLE":
                    talking.sendall(answer[0])
                else:
                    talking.sendall(SAID.get(command, b"") + tag + b" OK done\r\n")

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    yield int(listener.getsockname()[1])
    listener.close()
    thread.join(5)


def _waits(port: int) -> bool:
    """Whether waiting for mail is still going on after two seconds."""
    stop = threading.Event()
    with MailBoxUnencrypted("127.0.0.1", port, timeout=10).login("a", "b", initial_folder="INBOX") as mailbox:
        thread = threading.Thread(target=_idle, args=(mailbox, stop, _told(mailbox)))
        thread.start()
        thread.join(2)
        waiting = thread.is_alive()
        stop.set()
        thread.join(10)
        assert not thread.is_alive()
        assert mailbox.client.sock.gettimeout() == 10, "the connection's own time limit stands"
    return waiting


def test_a_mail_announced_together_with_idling_ends_the_wait(server: int) -> None:
    assert not _waits(server)


@pytest.mark.parametrize("answer", [[ALONE]])
def test_without_a_word_it_waits(server: int) -> None:
    assert _waits(server)

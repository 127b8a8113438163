"""The log names nobody: not by our own calls, not by a library's, not in a traceback."""

from __future__ import annotations

import ast
import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from enum import StrEnum

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import StorageError
from services.trail import about, current
from tests.tree import modules, text
from web.logs import FIELDS, Form, configure
from web.scrubbing import HIDDEN, safe, scrubbed

Opened = Callable[..., io.StringIO]


@pytest.fixture
def log() -> Iterator[Opened]:
    """Begins a log and gives what is written to it; afterwards all is as before."""
    undo: list[Callable[[], None]] = []

    def begin(form: Form = "json", lowest: int = logging.INFO) -> io.StringIO:
        out = io.StringIO()
        undo.append(configure(form, lowest, out))
        return out

    yield begin
    for each in reversed(undo):
        each()


def entries(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("run not taken: HTTP 503 from 10.0.0.5:5432", "run not taken: HTTP 503 from 10.0.0.5:5432"),
        ("account 121000000042, reading 0563", "account …42, reading …"),
        ("no customer Иванова, ул. Мира 12", f"no customer {HIDDEN} 12"),
        ("Key (surname)='Ivanova' exists", "Key (surname)=… exists"),
        ("mail of ivanova@example.org bounced", "mail of … bounced"),
        ("call 391 220-14-56", "call …"),
        ("GET /desk/%D0%98%D0%B2%D0%B0 failed", "GET … failed"),
        ("said \\u0418\\u0432", "said …"),
        ("of 2026-11-24", "of 2026-11-24"),
        ("one\nline\x1b[31m", "one line [31m"),
    ],
)
def test_of_strangers_words_only_plain_ones_are_left(text: str, said: str) -> None:
    assert scrubbed(text) == said


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("Ива нова'\"«»0123456789 abc@.%=\\\\-+()/:,;u\n\x00"), max_size=80))
def test_whatever_is_said_no_foreign_letter_and_no_long_number_is_left(said: str) -> None:
    left = scrubbed(said)
    assert not re.search(r"[А-яЁё]", left), left
    # Addresses of machines with a port, and days, are all that may have four digits in a row.
    known = re.sub(
        r"(?:[0-9]{1,3}[.]){3}[0-9]{1,3}(?::[0-9]{1,5})?|20[0-9]{2}-[01][0-9]-[0-3][0-9]", "", left
    )
    assert not re.search(r"[0-9]{4}", known), left
    assert left.isprintable() and len(left) <= 300


def test_arguments_pass_by_kind() -> None:
    class Colour(StrEnum):
        RED = "red"

    assert safe(41_234) == 41_234 and safe(0.5) == 0.5 and safe(None) is None and safe(Colour.RED) == "red"
    assert safe("krasnoyarskenergosbyt") == "krasnoyarskenergosbyt"
    assert safe(121_000_000_042) == HIDDEN, "an account is no number of a record"
    assert safe("0563") == safe("Иванова") == HIDDEN and safe("121000000042") == f"{HIDDEN}42"
    assert safe({"accepted": 3, "Иванова": "0563"}) == {"accepted": 3, HIDDEN: HIDDEN}
    assert safe(["blurred", "0563"]) == ["blurred", HIDDEN]


def test_an_entry_is_a_line_with_what_it_belongs_to(log: Opened) -> None:
    out = log()
    with about(batch=3), about(sheet=412, request="a1"):
        logging.getLogger("services.x").info(
            "%d sheets in %.1f s", 32, 1.25, extra={"state": "review", "surname": "x"}
        )
    [entry] = entries(out)
    assert (
        entry["event"] == "32 sheets in 1.2 s"
        and entry["level"] == "info"
        and entry["logger"] == "services.x"
    )
    assert (entry["batch"], entry["sheet"], entry["request"], entry["state"]) == (3, 412, "a1", "review")
    assert "surname" not in entry, "only known fields are written"
    assert not current()


def test_the_form_for_people_says_the_same(log: Opened) -> None:
    out = log("text")
    with about(batch=3):
        logging.getLogger("services").warning("%s waits", "Иванова")
    assert out.getvalue().endswith(f"WARNING services: {HIDDEN} waits batch=3\n")


def test_a_traceback_tells_places_and_kinds_and_no_values(log: Opened) -> None:
    out = log()
    try:
        try:
            raise KeyError("Иванова 121000000042")
        except KeyError as error:
            raise StorageError("row 'Иванова' of 121000000042 is damaged; restore a backup") from error
    except StorageError:
        logging.getLogger("web").exception("%s failed", "desk of 121000000042")
    [entry] = entries(out)
    trace = entry["trace"]
    assert isinstance(trace, list)
    assert any("test_logs.py" in line for line in trace)
    assert "KeyError" in trace and "StorageError: row … of …42 is damaged; restore a backup" in trace
    assert "Иванова" not in out.getvalue() and "0042" not in out.getvalue()


def test_a_database_error_shows_no_row(log: Opened) -> None:
    out = log()
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE customer (surname TEXT UNIQUE, reading TEXT)"))
        add = sa.text("INSERT INTO customer VALUES (:surname, :reading)")
        connection.execute(add, {"surname": "Petrova", "reading": "5630417"})
        try:
            connection.execute(add, {"surname": "Petrova", "reading": "5630417"})
        except sa.exc.IntegrityError as error:
            logging.getLogger("services").error("cannot: %s", error, exc_info=True)
    assert "IntegrityError" in out.getvalue()
    assert "Petrova" not in out.getvalue() and "5630417" not in out.getvalue()


def test_a_librarys_own_handler_sees_nothing_either(log: Opened) -> None:
    log()
    theirs = io.StringIO()
    logger = logging.getLogger("somelibrary.deep")
    handler = logging.StreamHandler(theirs)
    logger.addHandler(handler)
    try:
        logger.warning("customer %s said %r", "Иванова", "0563")
    finally:
        logger.removeHandler(handler)
    assert theirs.getvalue() == f"customer {HIDDEN} said {HIDDEN}\n"


def test_a_wrong_call_is_written_all_the_same(log: Opened) -> None:
    out = log()
    logging.getLogger("services").warning("%d sheets of %s", "many")  # noqa: PLE1206
    assert "sheets of" in out.getvalue()


def test_what_ties_lines_together_is_known() -> None:
    with pytest.raises(ValueError, match="surname"), about(surname="x"):
        pass


def test_messages_of_our_own_are_constants() -> None:
    """Else the one part of an entry that is not cleaned would not be ours."""
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    wrong = []
    for path in modules():
        for node in ast.walk(ast.parse(text(path))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value
            logs = (isinstance(owner, ast.Name) and owner.id in {"log", "logger"}) or (
                isinstance(owner, ast.Call)
                and isinstance(owner.func, ast.Attribute)
                and owner.func.attr == "getLogger"
            )
            if not logs or node.func.attr not in levels:
                continue
            constant = (
                node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
            )
            named = {
                key.value
                for word in node.keywords
                if word.arg == "extra" and isinstance(word.value, ast.Dict)
                for key in word.value.keys
                if isinstance(key, ast.Constant)
            }
            if not constant or named - FIELDS:
                wrong.append(f"{path}:{node.lineno}")
    assert not wrong


def test_entries_of_our_own_keep_their_form_when_a_library_takes_the_root(log: Opened) -> None:
    out, theirs = log(), io.StringIO()
    logging.getLogger().handlers[:] = [logging.StreamHandler(theirs)]
    logging.getLogger("services.x").warning("%d sheets wait", 3)
    assert entries(out)[0]["event"] == "3 sheets wait" and not theirs.getvalue()


def test_afterwards_all_is_as_before() -> None:
    ours, root = logging.getLogger("services"), logging.getLogger()
    before = (root.handlers[:], root.level, ours.handlers[:], ours.propagate, logging.getLogRecordFactory())
    configure("json", logging.DEBUG, io.StringIO())()
    assert before == (
        root.handlers[:], root.level, ours.handlers[:], ours.propagate, logging.getLogRecordFactory()
    )  # fmt: skip

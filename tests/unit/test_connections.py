"""The file of connections: what it says, and one line for everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery.connections import Connections, ExchangeBilling, FileBilling, HttpBilling, load_connections
from domain.errors import SettingsError
from domain.reasons import Reason
from tests.tree import ROOT

SUPPLIERS = dict.fromkeys(("krasnoyarskenergosbyt", "altaienergosbyt", "khakasenergo", "mosenergosbyt"))


def load(tmp_path: Path, text: str) -> Connections:
    path = tmp_path / "connections.toml"
    path.write_text(text, "utf-8")
    return load_connections(path, SUPPLIERS)


def test_the_examples_of_the_document_are_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BILLING_SECRET", "BILLING_DATABASE", "MAIL_PASSWORD"):
        monkeypatch.setenv(name, "sqlite:///billing.db")
    document = (ROOT / "docs" / "connections.md").read_text("utf-8")
    examples = [part.split("```")[0] for part in document.split("```toml\n")[1:]]
    assert len(examples) == 6
    found = load(tmp_path, "\n".join(examples))
    assert set(found.billing) == set(SUPPLIERS)
    http = found.billing["krasnoyarskenergosbyt"]
    assert isinstance(http, HttpBilling)
    assert http.reasons == {"17": Reason.PERIOD_CLOSED, "21": Reason.METER_REPLACED}
    exchange = found.billing["khakasenergo"]
    assert isinstance(exchange, ExchangeBilling)
    assert exchange.folder == tmp_path / "to-1c"
    file = found.billing["altaienergosbyt"]
    assert isinstance(file, FileBilling)
    assert file.receipts == tmp_path / "in"
    assert found.sms["krasnoyarskenergosbyt"].idempotent
    assert found.email["krasnoyarskenergosbyt"].imap_port == 993


def test_no_file_is_no_connection(tmp_path: Path) -> None:
    assert load_connections(None, SUPPLIERS) == Connections()
    with pytest.raises(SettingsError, match="not a file"):
        load_connections(tmp_path / "none.toml", SUPPLIERS)


HTTP = '[billing.mosenergosbyt]\nkind = "http"\nurl = "https://b.example/r"\nsecret = "0123456789abcdef"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[billing", "cannot be read as TOML"),
        ("[biling.mosenergosbyt]", "biling: there is no such entry"),
        ('[billing.nobody]\nkind = "http"', "billing.nobody: there is no such supplier"),
        ("[billing.mosenergosbyt]", "billing.mosenergosbyt.kind: is missing"),
        ('[billing.mosenergosbyt]\nkind = "fax"', "'fax' is none of http, file, exchange, table"),
        (HTTP.replace("https:", "ftp:"), "billing.mosenergosbyt.url: write an address"),
        (HTTP.replace("0123456789abcdef", "short"), "secret: write a text of at least 16"),
        (HTTP.replace('"0123456789abcdef"', '{ env = "NOT_SET" }'), "the variable NOT_SET is not set"),
        (HTTP + "rows = 0", "rows: write a whole number from 1 to 1000"),
        (HTTP + "rows = true", "rows: write a whole number"),
        (HTTP + "timeout = -1", "timeout: write a number of seconds"),
        (HTTP + "wait_minutes = 2000", "wait_minutes: write a number of minutes from 0 to 1440"),
        (HTTP + "tiemout = 1", "tiemout: there is no such entry"),
        (HTTP + '[billing.mosenergosbyt.reasons]\n"1" = "x"', "1 = 'x' is no reason"),
        ('[sms.mosenergosbyt]\nurl = "https://x.example"', 'one of them must be "{to}"'),
        ('[email.mosenergosbyt]\naddress = "nobody"', "write the mailbox's own address"),
        ('[billing.mosenergosbyt]\nkind = "table"\nurl = "sqlite:///x"\ntable = "a;b"', "table: write Latin"),
        (
            '[billing.mosenergosbyt]\nkind = "exchange"\nfolder = "a"\nreceipts = "b"\n'
            '[billing.mosenergosbyt.columns]\n"A" = "acount"',
            "A = 'acount' is no field",
        ),
        (
            '[billing.mosenergosbyt]\nkind = "exchange"\nfolder = "a"\nreceipts = "b"\n'
            '[billing.mosenergosbyt.columns]\n"A" = "account"',
            'one of them must be "key"',
        ),
    ],
)
def test_everything_wrong_is_said_with_its_entry(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert said in str(caught.value)
    assert "connections.toml" in str(caught.value)
    assert "\n" not in str(caught.value).partition("TOML")[0]

"""A billing system of another house: ``billing_peer.py FOLDER SECRET [fails]``.

It keeps what it booked in FOLDER/billing.db, durable before it answers; prints its port. With ``fails`` a
third of its calls go wrong: an error before it books, an answer lost after it booked (it just closes), a call
that takes longer than anybody waits; and each good answer names its rows twice. It refuses accounts …13.
POST /sms is a gateway for text messages that counts what it sends, and fails alike.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

_lock = Lock()


class Billing(BaseHTTPRequestHandler):
    folder: Path
    secret: str
    fails: bool
    calls = 0
    texts = 0

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/sms":
            self._text_message(json.loads(body))
            return
        key, timestamp = self.headers["Idempotency-Key"], self.headers["X-Meterdrop-Timestamp"]
        signed = f"{timestamp}.{key}.".encode() + body
        good = "v1=" + hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(good, self.headers["X-Meterdrop-Signature"]):
            self._say(401, {})
            return
        with _lock:
            Billing.calls += 1
            number = Billing.calls
        failure = number % 9 if self.fails else 0
        if failure == 3:
            self._say(500, {"error": "before anything is booked"})
            return
        results = [self._book(row) for row in json.loads(body)["rows"]]
        if failure == 6:
            # Booked, but the answer never comes.
            self.close_connection = True
            return
        if failure == 8:
            time.sleep(3)
        self._say(200, {"results": results + results if self.fails else results})

    def _text_message(self, message: dict[str, str]) -> None:
        with _lock:
            Billing.texts += 1
            number = Billing.texts
        if self.fails and number % 10 == 4:
            self._say(503, {})
            return
        with _lock, sqlite3.connect(self.folder / "billing.db") as db:
            db.execute("INSERT INTO texts VALUES (?, ?)", (message["to"], message["text"]))
        if self.fails and number % 10 == 8:
            # Sent, but nobody hears of it.
            self.close_connection = True
            return
        self._say(200, {})

    def _book(self, row: dict[str, str]) -> dict[str, str]:
        if row["account"].endswith("13"):
            return {"key": row["key"], "status": "refused", "code": "period_closed", "text": "Период закрыт"}
        with _lock, sqlite3.connect(self.folder / "billing.db") as db:
            db.execute(
                "INSERT INTO booked (key, operation, account, reading, times) VALUES (?, ?, ?, ?, 1) "
                "ON CONFLICT (key) DO UPDATE SET times = times + 1",
                (row["key"], row["operation"], row["account"], row["reading"]),
            )
            [number] = db.execute("SELECT rowid FROM booked WHERE key = ?", (row["key"],)).fetchone()
        return {"key": row["key"], "status": "accepted", "receipt": f"B{number}"}

    def _say(self, status: int, answer: object) -> None:
        data = json.dumps(answer).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            pass


def main(folder: str, secret: str, fails: str = "") -> None:
    Billing.folder, Billing.secret, Billing.fails = Path(folder), secret, bool(fails)
    with sqlite3.connect(Billing.folder / "billing.db") as db:
        db.execute(
            "CREATE TABLE IF NOT EXISTS booked "
            "(key TEXT PRIMARY KEY, operation TEXT, account TEXT, reading TEXT, times INTEGER)"
        )
        db.execute("CREATE TABLE IF NOT EXISTS texts (address TEXT, text TEXT)")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Billing)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])

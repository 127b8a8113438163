"""Logging in with the passwords of the organisation's directory: LDAP, over TLS alone.

The directory says whether a password is right; who may log in here, and as what, stays with
``meterdrop users``. Either a name is turned into what the directory binds as (``user``), or it is looked for
below ``base`` first; one entry must be found. See RFC 4513 about binding: a bind without a password proves
nothing, so that none is ever sent.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

#: Seconds for a connection, and for an answer.
PATIENCE = 10
_PORTS = {"ldap": 389, "ldaps": 636}


class DirectoryError(Exception):
    """The directory does not answer, or not as it should: nothing is known about the password."""


@dataclass(frozen=True)
class LdapSettings:
    """``url``: ldaps://host[:port], or ldap://host[:port], which is turned into TLS before anything is said.

    ``user``: what a name binds as, such as ``uid={name},ou=people,dc=example`` or ``{name}@corp.example``,
    where ``base`` is empty. ``base``, ``filter``: where a name is looked for instead, and as what; ``bind``
    and ``password``: who looks (empty: anybody may). ``ca_file``: PEM of who signed the server's certificate.
    """

    url: str
    user: str = ""
    base: str = ""
    filter: str = "(uid={name})"
    bind: str = ""
    password: str = ""
    ca_file: Path | None = None


class Directory:
    """One directory."""

    def __init__(self, settings: LdapSettings) -> None:
        self.settings = settings

    def knows(self, name: str, password: str) -> bool:
        """Whether this is the name's password; raises ``DirectoryError``."""
        if not name or not password or not name.isprintable():
            return False
        # Only who logs in this way needs the library.
        from ldap3.core.exceptions import LDAPException  # type: ignore[import-untyped]

        try:
            who = self._found(name) if self.settings.base else self._bound(name)
            return who is not None and self._binds(who, password)
        except (LDAPException, OSError) as error:
            raise DirectoryError(f"the directory does not answer well ({type(error).__name__})") from error

    def _bound(self, name: str) -> str:
        from ldap3.utils.dn import escape_rdn  # type: ignore[import-untyped]

        # A name in a directory path is escaped; "name@domain" is none.
        safe = escape_rdn(name) if "=" in self.settings.user else name
        return self.settings.user.replace("{name}", safe)

    def _found(self, name: str) -> str | None:
        """The one entry of that name; None when there is none, or more than one."""
        from ldap3 import SUBTREE  # type: ignore[import-untyped]
        from ldap3.utils.conv import escape_filter_chars  # type: ignore[import-untyped]

        wanted = self.settings.filter.replace("{name}", escape_filter_chars(name))
        connection = self._open(self.settings.bind, self.settings.password)
        try:
            if not connection.bind():
                raise DirectoryError("the directory refuses METERDROP_LDAP_BIND and METERDROP_LDAP_PASSWORD")
            connection.search(self.settings.base, wanted, SUBTREE, attributes=[], size_limit=2)
            entries = [each for each in connection.response or () if each["type"] == "searchResEntry"]
            return str(entries[0]["dn"]) if len(entries) == 1 else None
        finally:
            connection.unbind()

    def _binds(self, who: str, password: str) -> bool:
        connection = self._open(who, password)
        try:
            return bool(connection.bind())
        finally:
            connection.unbind()

    def _open(self, who: str, password: str) -> Any:
        """A connection that is encrypted, the directory's certificate checked; nobody has logged in yet."""
        from ldap3 import ANONYMOUS, NONE, SIMPLE, Connection, Server, Tls

        parts = urlsplit(self.settings.url)
        ca_file = self.settings.ca_file
        tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=None if ca_file is None else str(ca_file))
        server = Server(
            parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            use_ssl=parts.scheme == "ldaps",
            tls=tls,
            get_info=NONE,
            connect_timeout=PATIENCE,
        )
        connection = Connection(
            server,
            user=who or None,
            password=password or None,
            authentication=SIMPLE if who else ANONYMOUS,
            auto_referrals=False,
            receive_timeout=PATIENCE,
        )
        connection.open()
        if parts.scheme == "ldap" and not connection.start_tls():
            raise DirectoryError("the directory cannot speak TLS")
        return connection

"""Settings of the public pages; the front door fills them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class PublicSettings:
    """What one visitor may ask of the public pages.

    ``photos``: from one network address within ``photos_window`` (many telephones may share one);
    ``photos_account``: for one account within a day, whoever sends them, that the machine may accept: further
    ones wait for a person; ``photos_account_address``: for one account from one address within a day;
    ``wrong_accounts``: entries that name no account, or
    another's, from one address within ``photos_window``; ``lookups``: of references from one address within
    ``lookups_window``. ``most_bytes``: of one request with its photo.
    """

    photos: int = 60
    photos_window: timedelta = timedelta(hours=1)
    photos_account: int = 8
    photos_account_address: int = 24
    wrong_accounts: int = 15
    lookups: int = 60
    lookups_window: timedelta = timedelta(minutes=10)
    most_bytes: int = 24 << 20

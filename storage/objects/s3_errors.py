"""What an S3 server's or the network's error means for the person who set it up."""

from __future__ import annotations

from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from domain.errors import StorageError
from storage.objects.settings import S3Settings

_LATER = "what is stored stays; run the same command again when it is back"
_FULL = f"the server is full; free some space. {_LATER}"
_REMEDIES = {
    "NoSuchBucket": "the bucket does not exist; make it or correct METERDROP_S3_BUCKET",
    "InvalidBucketName": "that is no bucket's name; correct METERDROP_S3_BUCKET",
    "InvalidAccessKeyId": "the server does not know this access key; correct METERDROP_S3_ACCESS_KEY",
    "SignatureDoesNotMatch": "the secret key is wrong; correct METERDROP_S3_SECRET_KEY",
    "AccessDenied": "this access key may not use the bucket; allow it to list, read, write and delete",
    "RequestTimeTooSkewed": "this machine's clock is wrong; set it, with NTP best",
    "AuthorizationHeaderMalformed": "the bucket is in another region; set METERDROP_S3_REGION",
    "QuotaExceeded": f"the quota is used up; raise it or free some space. {_LATER}",
    "InsufficientCapacity": _FULL,
    "InsufficientStorage": _FULL,
    "XMinioStorageFull": _FULL,
    "SlowDown": f"the server is too busy (SlowDown); {_LATER}",
    "ServiceUnavailable": f"the server is too busy; {_LATER}",
    "InternalError": f"the server has a fault of its own (InternalError); see its log. {_LATER}",
}
#: What a gateway before the server, or a server that has no words left, says with its status alone.
_STATUS = {
    500: _REMEDIES["InternalError"],
    502: f"a gateway before it reaches no server; {_LATER}",
    503: _REMEDIES["ServiceUnavailable"],
    504: f"a gateway before it waits in vain for the server; {_LATER}",
    507: _FULL,
}
_NETWORK: tuple[tuple[type[Exception], str], ...] = (
    (NameResolutionError, "this host name is not known; correct METERDROP_S3_ENDPOINT"),
    (NewConnectionError, f"nobody answers; start the server or correct METERDROP_S3_ENDPOINT; {_LATER}"),
    (ConnectTimeoutError, f"it does not answer in time (METERDROP_S3_TIMEOUT); {_LATER}"),
    (ReadTimeoutError, f"it does not answer in time (METERDROP_S3_TIMEOUT); {_LATER}"),
)


def explained(error: Exception, settings: S3Settings) -> StorageError:
    """``error`` as one line that names the server and says what to do. Never shows a secret."""
    return StorageError(f"objects at {settings.endpoint}, bucket {settings.bucket}: {_remedy(error)}")


def _remedy(error: Exception) -> str:
    if isinstance(error, S3Error):
        return _REMEDIES.get(error.code or "", f"{error.code}: {error.message or 'no more is said'}")
    status = getattr(error, "_code", None) or getattr(error, "status_code", None)
    if isinstance(error, (InvalidResponseError, ServerError)) and status in _STATUS:
        return _STATUS[status]
    if isinstance(error, InvalidResponseError):
        return "whoever answers there does not speak S3; correct METERDROP_S3_ENDPOINT and METERDROP_S3_TLS"
    if isinstance(error, MaxRetryError) and error.reason is not None:
        error = error.reason
    for kind, remedy in _NETWORK:
        if isinstance(error, kind):
            return remedy
    if isinstance(error, SSLError):
        return _about_tls(str(error))
    return f"{' '.join(str(error).split()) or type(error).__name__}; {_LATER}"


def _about_tls(text: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not trusted; name the bundle that vouches for it in METERDROP_S3_CA_FILE"
    if "WRONG_VERSION_NUMBER" in text or "record layer" in text:
        return "it does not speak TLS; set METERDROP_S3_TLS=false"
    return f"TLS failed: {text}"

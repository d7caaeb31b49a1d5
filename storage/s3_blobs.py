"""Bytes in any S3 bucket, each object named by the SHA-256 of its content.

What arrives is spooled to a local file first, since its name is known only at its end. Uploads that
broke off are invisible, but cost room until the server forgets them: MinIO does so by itself after a
day, elsewhere give the bucket a lifecycle rule (AbortIncompleteMultipartUpload).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self
from xml.etree.ElementTree import ParseError

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from eakte.errors import Unavailable
from eakte.ports import BlobRef
from storage.blob_streams import CHUNK_BYTES, check_range, is_blob_name, missing, pour, read_part, read_verified
from storage.unfinished import UnfinishedFile, disk_errors, sweep_unfinished

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PART_BYTES = 16 * 1024 * 1024
_PARALLEL_PARTS = 2
_CONNECTIONS = 32
_CONNECT_TIMEOUT_S = 3.0
_BUSY = (500, 502, 503, 504)
_NO_SUCH_OBJECT = frozenset({"NoSuchKey", "NoSuchVersion"})


class S3Blobs:
    """A blob store in one bucket, which belongs to it; shared by any number of machines.

    Args:
        endpoint: Host and port, without scheme.
        secure: Speak TLS, trusting the certificates that the machine trusts.
        region: Asked from the server when None.
        spool: Local folder for bytes on their way; made when missing, needs room for the largest files in transit.
        timeout_s: How long the server may be silent; with the few retries it bounds every call.

    Raises:
        Unavailable: The spool folder cannot be made.
    """

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        access_key: str,
        secret_key: str,
        *,
        secure: bool,
        region: str | None = None,
        spool: Path,
        timeout_s: float = 10.0,
    ) -> None:
        self._bucket = bucket
        self._spool = spool
        connections = urllib3.PoolManager(
            num_pools=4,
            maxsize=_CONNECTIONS,
            timeout=urllib3.Timeout(connect=min(_CONNECT_TIMEOUT_S, timeout_s), read=timeout_s),
            retries=urllib3.Retry(
                total=2,
                read=1,
                backoff_factor=0.2,
                status_forcelist=_BUSY,
                # A server may ask to come back in minutes; the work queue waits better than a request does.
                respect_retry_after_header=False,
            ),
        )
        self._client = Minio(endpoint, access_key, secret_key, secure=secure, region=region, http_client=connections)
        with disk_errors():
            spool.mkdir(mode=0o750, parents=True, exist_ok=True)

    def make_bucket(self) -> None:
        """Make the bucket when it is not there yet.

        Raises:
            Unavailable: The server is away, or does not let us.
        """
        with _s3_errors():
            try:
                if not self._client.bucket_exists(self._bucket):
                    self._client.make_bucket(self._bucket)
            except S3Error as error:
                if error.code != "BucketAlreadyOwnedByYou":  # somebody else of us was faster
                    raise

    def receive(self) -> S3Sink:
        return S3Sink(self, UnfinishedFile(self._spool, durable=False))

    def put(self, content: BinaryIO) -> BlobRef:
        return pour(content, self.receive())

    def open(self, sha256: str) -> BinaryIO:
        download = self._download(sha256)
        return read_verified(download, download.length, sha256, _s3_errors)

    def open_range(self, sha256: str, first: int, length: int) -> BinaryIO:
        check_range(first, length)
        if length:
            part = self._download(sha256, first, length)
        else:
            self.size(sha256)  # S3 knows no empty ranges; what is not there must be NotFound all the same
            part = _Nothing()
        return read_part(part, part.length, sha256, _s3_errors)

    def size(self, sha256: str) -> int:
        size_bytes = self._size_if_there(sha256)
        if size_bytes is None:
            raise missing(sha256)
        return size_bytes

    def exists(self, sha256: str) -> bool:
        return self._size_if_there(sha256) is not None

    @contextmanager
    def local_path(self, sha256: str) -> Iterator[Path]:
        copy = UnfinishedFile(self._spool, durable=False)
        try:
            with self.open(sha256) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    copy.write(chunk)
            copy.finish()
            yield copy.path
        finally:
            copy.discard()

    def delete(self, sha256: str) -> None:
        """Destroy the bytes with all their versions, should the bucket keep versions."""
        if not is_blob_name(sha256):
            return
        with _s3_errors():
            for found in self._client.list_objects(self._bucket, prefix=sha256, include_version=True):
                self._client.remove_object(self._bucket, sha256, version_id=found.version_id)

    def all(self) -> Iterator[str]:
        with _s3_errors():
            for found in self._client.list_objects(self._bucket, recursive=True):
                if found.object_name is not None and is_blob_name(found.object_name):
                    yield found.object_name

    def sweep_unfinished(self, older_than_s: float) -> int:
        """Remove what crashed writers and readers left in the spool; returns how many files."""
        return sweep_unfinished(self._spool, older_than_s)

    def upload(self, file: Path, ref: BlobRef) -> None:
        """Store a finished local file under its name.

        The server checks every part against the hash sent with it, and the size of the whole is
        checked here. What is stored again replaces an equal object and so heals a damaged one.
        """
        with _s3_errors():
            self._client.fput_object(
                self._bucket, ref.sha256, str(file), part_size=_PART_BYTES, num_parallel_uploads=_PARALLEL_PARTS
            )
        if self.size(ref.sha256) != ref.size_bytes:
            self.delete(ref.sha256)
            raise Unavailable("Der Objektspeicher hat unvollständig gespeichert. Bitte erneut versuchen.")

    def _download(self, sha256: str, first: int = 0, length: int = 0) -> _Download | _Nothing:
        """Ask for a whole object (length 0), or for a part of it as far as it reaches."""
        if not is_blob_name(sha256):
            raise missing(sha256)
        with _s3_errors(sha256):
            try:
                return _Download(self._client.get_object(self._bucket, sha256, first, length))
            except S3Error as error:
                if error.code == "InvalidRange":  # begins behind the end
                    return _Nothing()
                raise

    def _size_if_there(self, sha256: str) -> int | None:
        if not is_blob_name(sha256):
            return None
        with _s3_errors():
            try:
                return self._client.stat_object(self._bucket, sha256).size
            except S3Error as error:
                if error.code not in _NO_SUCH_OBJECT:
                    raise
                # The answer to HEAD has no body: a missing bucket looks like a missing object.
                if not self._client.bucket_exists(self._bucket):
                    raise _no_bucket() from error
                return None


class S3Sink:
    """A file on its way into the bucket, in the spool folder until it is whole."""

    def __init__(self, blobs: S3Blobs, unfinished: UnfinishedFile) -> None:
        self._blobs = blobs
        self._unfinished = unfinished

    def write(self, chunk: bytes | memoryview) -> int:
        return self._unfinished.write(chunk)

    def commit(self) -> BlobRef:
        ref = self._unfinished.finish()
        self._blobs.upload(self._unfinished.path, ref)
        return ref

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unfinished.discard()


class _Download:
    """A response body; gives its connection back when closed."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response
        self.length = int(response.headers["Content-Length"])

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        window = memoryview(buffer).cast("B")
        octets = self._response.read(len(window))
        window[: len(octets)] = octets
        return len(octets)

    def close(self) -> None:
        # In this order: a connection with an unread rest must not be used again.
        self._response.close()
        self._response.release_conn()


class _Nothing:
    """The source of an empty range."""

    length = 0

    def readinto(self, _buffer: WriteableBuffer, /) -> int:
        return 0

    def close(self) -> None:
        """There is nothing to close."""


def _no_bucket() -> Unavailable:
    return Unavailable("Der Bucket fehlt im Objektspeicher. Bitte seinen Namen in den Einstellungen prüfen.")


@contextmanager
def _s3_errors(sha256: str | None = None) -> Iterator[None]:
    """Say in our words what the server, the way to it, or the spool complains about.

    Args:
        sha256: The object asked for, where its absence is an answer.

    Raises:
        NotFound: The object is not there.
        Unavailable: Everything else; the original is its cause.
    """
    try:
        yield
    except S3Error as error:
        if error.code in _NO_SUCH_OBJECT and sha256 is not None:
            raise missing(sha256) from error
        if error.code == "NoSuchBucket":
            raise _no_bucket() from error
        raise Unavailable(
            f"Der Objektspeicher lehnt ab ({error.code}). Bitte Zugangsdaten, Rechte und Platz im Bucket prüfen."
        ) from error
    except (MinioException, urllib3.exceptions.HTTPError, ParseError, OSError) as error:
        raise Unavailable(
            "Der Objektspeicher antwortet nicht. Bitte Adresse, Netz und Dienst prüfen und es dann erneut versuchen."
        ) from error

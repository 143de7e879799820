"""Content of files in storage that speaks S3. The one module that knows its library."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from cosource.foundation.errors import NoRoom, StorageAway
from cosource.foundation.outage import RETRY_SECONDS
from cosource.foundation.stores.kept import Kept

_GONE = frozenset({"NoSuchKey", "404", "NotFound"})
_FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "507"})


class S3Store:
    """A store in a bucket, under a prefix. An object is there when it is whole: storage keeps no half of one."""

    def __init__(
        self, bucket: str, prefix: str, *, endpoint: str, region: str, key_id: str, secret_key: str
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint or None,
            region_name=region,
            aws_access_key_id=key_id or None,
            aws_secret_access_key=secret_key or None,
            config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"mode": "standard", "total_max_attempts": 3},
                s3={"addressing_style": "path" if endpoint else "auto"},
                # Servers other than Amazon's know no trailing checksums; the signature covers the content in any case.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, path: str, source: BinaryIO) -> None:
        """Keep all of `source`. Raises: NoRoom, StorageAway."""
        with _speaking():
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + path, Body=source)

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Give what is kept. Raises: FileNotFoundError, StorageAway."""
        with _speaking():
            body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + path)["Body"]
        try:
            with _speaking():
                yield body
        finally:
            body.close()

    def remove(self, path: str) -> None:
        """Forget it. Raises: StorageAway."""
        with _speaking():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + path)

    def all(self) -> Iterator[Kept]:
        """Give everything under the prefix, in the order of the paths. Raises: StorageAway."""
        with _speaking():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            )
            for page in pages:
                for found in page.get("Contents", ()):
                    path = found["Key"].removeprefix(self._prefix)
                    yield Kept(path, found["Size"], found["LastModified"].timestamp())

    def clear(self) -> None:
        """Forget everything under the prefix. Raises: StorageAway."""
        for kept in self.all():
            self.remove(kept.path)

    def drafts_sweep(self, before: float) -> int:
        """Remove nothing: there are no drafts."""
        return 0


@contextmanager
def _speaking() -> Iterator[None]:
    try:
        yield
    except ClientError as refused:
        code = str(refused.response.get("Error", {}).get("Code", ""))
        if code in _GONE:
            raise FileNotFoundError(code) from refused
        if code in _FULL:
            raise NoRoom("The storage of files is full. Nothing of this one was kept.") from refused
        raise _away() from refused
    except (BotoCoreError, HTTPClientError) as silent:
        raise _away() from silent


def _away() -> StorageAway:
    return StorageAway(
        "The storage of files does not answer at present. Nothing was changed: try again in a moment.",
        retry_seconds=RETRY_SECONDS,
    )

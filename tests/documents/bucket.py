"""A store of objects, as an S3 service is: names and bytes. It has no path, lists nothing and renames nothing."""

from typing import Any, ClassVar

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage


class Bucket(Storage):
    """What django-storages asks of a bucket, in memory; a missing object is told, also when it is deleted."""

    objects: ClassVar[dict[str, bytes]] = {}
    reads: ClassVar[list[int]] = []

    def __init__(self, *, bucket_name: str) -> None:
        self.bucket_name = bucket_name

    def _save(self, name: str, content: File) -> str:
        self.objects[name] = b"".join(content.chunks())
        return name

    def _open(self, name: str, mode: str = "rb") -> File:
        if name not in self.objects:
            raise FileNotFoundError(name)
        return Told(self.objects[name])

    def exists(self, name: str) -> bool:
        """Asked by Django before it writes."""
        return name in self.objects

    def delete(self, name: str) -> None:
        """As SFTP does."""
        if self.objects.pop(name, None) is None:
            raise FileNotFoundError(name)


class Told(ContentFile):
    """An object that tells how much of it is asked for at a time."""

    def read(self, size: int = -1) -> Any:
        """Some bytes."""
        Bucket.reads.append(size)
        return self.file.read(size)

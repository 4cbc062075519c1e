"""Sentences about large files: where they come from, and whether they are the right ones."""

from __future__ import annotations

from winfra.messages import Message

SOURCE_REFUSED = Message(
    "source_refused",
    "{argument}: {src!r} is no place that a file can come from: {reason}",
    r"Give a path on this machine, host:D:\files\x.zip for one on the host, or https://…",
)
SHA256_REFUSED = Message(
    "sha256_refused",
    "{argument}: {value!r} is no SHA-256 of a file",
    "Give its 64 digits, as the publisher, sha256sum or Get-FileHash says them",
)
SOURCE_DIFFERS = Message(
    "source_differs",
    "{src!r} is not the file that was meant: its SHA-256 is {found}, and {wanted} is wanted",
    "Fetch the file again; if it is the right one, correct its SHA-256",
)
SOURCE_NOT_ON_HOST = Message(
    "source_not_on_host",
    "there is no file {path} on {host}",
    "Put it there, or name a file of this machine",
)
DOWNLOAD_FAILED = Message(
    "download_failed",
    "the host cannot fetch {Address}: {Reason}",
    "If it has no way to the internet, fetch the file here and name its path",
)

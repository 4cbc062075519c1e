"""Sentences about archives that are extracted on the host."""

from __future__ import annotations

from winfra.messages import Message

ARCHIVE_DAMAGED = Message(
    "archive_damaged",
    "{Path} cannot be read as a zip archive: {Reason}",
    "Fetch the file again; if it is another kind of archive, give a zip",
)
ARCHIVE_UNSAFE = Message(
    "archive_unsafe",
    "{Path} holds {Entry!r}, which would be written outside of {Destination} or cannot be written; "
    "nothing was extracted",
    "Do not use this archive unless you know how it was made",
)
ARCHIVE_EMPTY = Message(
    "archive_empty",
    "{Path} holds nothing that is wanted ({Wanted})",
    "Check that it is the right archive; inside and only say what of it is meant",
)
ARCHIVE_NO_SPACE = Message(
    "archive_no_space",
    "drive {Drive} has {Free} MB free, and what {Path} holds needs {Needed} MB",
    "Free space on the drive, or choose a folder on another one",
)
ARCHIVE_FILE_IN_USE = Message(
    "archive_file_in_use",
    "{Path} cannot be replaced: {Reason}",
    "Stop the program that uses it, such as a service, and run again; the rest is extracted then",
)
ONLY_REFUSED = Message(
    "archive_only",
    "{argument}: {value!r} is no name of a folder in an archive",
    "Write it as it stands in the archive, with slashes between folders",
)

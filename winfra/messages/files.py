"""What can be wrong with files on the host and here."""

from winfra.messages import Message

DESTINATION_IS_FOLDER = Message(
    "destination_is_folder",
    "{Path} is a folder, and a file is to be written there",
    "Name the file inside it, or remove the folder",
)
FOLDER_MISSING = Message(
    "folder_missing",
    "the folder of {Path} does not exist",
    "Make it first, with files.directory",
)
DESTINATION_IN_USE = Message(
    "destination_in_use",
    "{Path} has been in use by another program for {Seconds} s",
    "Stop the service or program that holds it (handle.exe or Resource Monitor names it), then run again",
)
WRITE_DENIED = Message(
    "write_denied",
    "{Path} cannot be written: {Reason}",
    "Give winrm_user the right to modify its folder",
)
READ_DENIED = Message(
    "read_denied",
    "{Path} cannot be read: {Reason}",
    "Give winrm_user the right to read it, or stop the program that holds it",
)
DISK_FULL = Message(
    "disk_full",
    "the drive of {Path} has no room for {Length} bytes",
    "Make room, or choose another drive",
)
CONTENT_DAMAGED = Message(
    "content_damaged",
    "{Path} arrived damaged (SHA-256 {Found} instead of {Expected}) and was thrown away",
    "If the local file was being written meanwhile, wait for that; else run again",
)
SOURCE_IS_FOLDER = Message(
    "source_is_folder",
    "{Path} is a folder, and a file is to be read",
    "Name a file in it",
)
SOURCE_MISSING = Message(
    "source_missing",
    "{Path} does not exist on the host",
    "Correct the path",
)
LOCAL_FILE = Message(
    "local_file",
    "{path!r} on this machine cannot be used: {reason}",
    "Correct the path or its permissions",
)

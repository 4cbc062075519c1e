"""What can be wrong with services of the service host, and with the folder it is in."""

from __future__ import annotations

from winfra.messages import Message

LOCAL_FOLDER_MISSING = Message(
    "local_folder_missing",
    "src: there is no folder '{path}' on this machine",
    "Correct src; a relative path starts at the folder of the deploy",
)

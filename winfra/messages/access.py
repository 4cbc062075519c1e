"""What can be wrong with access lists of files and folders."""

from winfra.messages import Message

ENTRY_REFUSED = Message(
    "access_entry_refused",
    "entries: the entry for {account!r} cannot be made: {reason}",
    "See winfra.access.Entry for what an entry may say",
)
ACCESS_REFUSED = Message(
    "access_refused",
    "{argument}: {reason}",
    "Say with entries, exact, purge, inherit or owner what the access list should be",
)
PATH_MISSING = Message(
    "access_path_missing",
    "{path} on {host} does not exist, so it has no access list",
    "Make it first, with files.directory or files.put",
)
LIST_NOT_UNDERSTOOD = Message(
    "access_list_not_understood",
    "{path} on {host} has an access list that cannot be read: {sddl}",
    "Look at it with icacls.exe on the host, and mend it there",
)
LOCKED_OUT = Message(
    "access_locked_out",
    "{path} on {host}: with this list {accounts} could no longer read it or change its permissions",
    "Give them an entry with the right 'full', or say lock_out=True",
)
DENIED_BY_OTHERS = Message(
    "access_denied_by_others",
    "{path} on {host}: what is to be granted stays denied by the entry '{entry}'",
    "Take that entry away, for instance with purge, or deny less",
)
NO_FILE_PLACE = Message(
    "access_no_file_place",
    "{path} on {host} is a file, and the entry for {account!r} applies to {place!r}",
    "Leave applies_to out, or name the folder",
)
NOT_READABLE = Message(
    "access_not_readable",
    "{Path}: its access list may not be read by this account",
    "Become its owner on the host, with 'takeown.exe /F PATH /A', then run again",
)
NOT_CHANGEABLE = Message(
    "access_not_changeable",
    "{Path}: its access list may not be changed by this account: {Reason}",
    "Become its owner on the host, with 'takeown.exe /F PATH /A', then run again",
)
OWNER_NOT_CHANGEABLE = Message(
    "access_owner_not_changeable",
    "{Path}: {Owner} did not become its owner: {Reason} (icacls.exe, exit code {Code})",
    "Give winrm_user the right 'Restore files and directories' or 'Take ownership', or choose "
    "another owner",
)

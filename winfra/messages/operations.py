"""Sentences of the operations and facts about files, registry, environment and server."""

from __future__ import annotations

from winfra.messages import Message

PATH_REFUSED = Message(
    "path_refused",
    "{argument}: '{path}' is no path of a file or folder on Windows: {reason}",
    r"Give a full path such as D:\prefect_data\config or \\server\share\config",
)
DRIVE_MISSING = Message(
    "drive_missing",
    "{path}: there is no drive {drive} on {host}",
    "Attach the drive, or choose a path on another one",
)
FILE_ABOVE = Message(
    "file_above",
    "{path}: {parent} on {host} is a file, so nothing can be inside it",
    "Correct the path, or remove that file",
)
WRONG_KIND = Message(
    "wrong_kind",
    "{path} on {host} is a {found}, and a {wanted} is meant",
    "Correct the path, or give force=True to have what is there moved aside",
)
UPLOAD_ONTO_FOLDER = Message(
    "upload_onto_folder",
    "dest: {path} on {host} is a folder, and a file is meant",
    "Give the full path of the file, its name included",
)
REMOVAL_REFUSED = Message(
    "removal_refused",
    "path: {path} is needed by Windows and is never removed",
    "Name the folder inside it that is to go",
)
LOCAL_SOURCE_MISSING = Message(
    "local_source_missing",
    "{argument}: there is no file '{path}' on this machine",
    "Correct {argument}; a relative path starts at the folder of the deploy",
)
UPLOAD_SOURCE_REFUSED = Message(
    "upload_source_refused",
    "src: {kind} is neither a path nor an open file",
    "Give the path of a file, an open file, a StringIO or a BytesIO",
)
TEMPLATE_REFUSED = Message(
    "template_refused",
    "src: the template {path} cannot be rendered, line {line}: {reason}",
    "Correct the template, or pass the value that it asks for",
)
NEWLINE_REFUSED = Message(
    "newline_refused",
    "newline: {newline} does not end a line",
    r"Give '\r\n', '\n', or None to keep the template's own",
)
ENCODING_REFUSED = Message(
    "encoding_refused",
    "encoding: {reason}",
    "Give utf-8, utf-8-sig (with a byte order mark), or another encoding that Python knows",
)
FILE_TOO_LARGE = Message(
    "file_too_large",
    "{path} has {size} bytes, and this fact reads {limit} at most",
    "Fetch the file with files.get",
)
REGISTRY_KEY_REFUSED = Message(
    "registry_key_refused",
    "path: '{path}' is no key of the registry for this operation: {reason}",
    r"Give a path such as HKLM:\SOFTWARE\Example",
)
REGISTRY_NAME_REFUSED = Message(
    "registry_name_refused",
    "name: {name} is no name of a value in the registry",
    "Give up to 16383 characters without control characters",
)
REGISTRY_DATA_REFUSED = Message(
    "registry_data_refused",
    "data: {reason}",
    "Give data and kind that belong together",
)
REGISTRY_UNNAMED_STAYS = Message(
    "registry_unnamed_stays",
    "name: the unnamed value of {path} cannot be removed, PowerShell has no command for it",
    "Set it to an empty text, or remove the key",
)
SECRET_REFUSED = Message(
    "secret_refused",
    "{place} would hold a secret, and every user of the server can read it",
    "Write the secret into a file that only its service reads, with files.template",
)
ENVIRONMENT_NAME_REFUSED = Message(
    "environment_name_refused",
    "variable: {variable} is no name of an environment variable",
    "Give up to 255 characters without '=' and without control characters",
)
ENVIRONMENT_VALUE_REFUSED = Message(
    "environment_value_refused",
    "value: the variable {variable} needs a text of 1 to 32760 characters",
    "Shorten it, or remove the variable with present=False",
)
ENVIRONMENT_ENTRY_REFUSED = Message(
    "environment_entry_refused",
    "entry: {entry} is not one folder",
    "Give one folder without quotes and semicolons, and add others one by one",
)
ENVIRONMENT_NEEDED = Message(
    "environment_needed",
    "variable: {variable} is needed by Windows and is never removed",
    "Change its value, or one entry of it with environment.path",
)
REBOOT_REFUSED = Message(
    "reboot_refused",
    "{argument}: {value} cannot be used for a restart",
    "Give {wanted}",
)
RESTART_REFUSED = Message(
    "restart_refused",
    "Windows refused to restart: {reason} (shutdown.exe, exit code {code})",
    "Exit code 5: give winrm_user the right 'Force shutdown from a remote system'; else see 'net helpmsg {code}'",
)
RESTART_TIMEOUT = Message(
    "restart_timeout",
    "{host} has not come back from its restart within {seconds} s",
    "Look at its console; if it only needs longer, give a larger reboot_timeout",
)
SCRIPT_SOURCE_REFUSED = Message(
    "script_source_refused",
    "powershell.script needs either src or text, and has {found}",
    "Give the path of a .ps1 file as src, or PowerShell as text",
)
SCRIPT_PARAMETER_REFUSED = Message(
    "script_parameter_refused",
    "parameters: '{parameter}' {reason}",
    "Name the parameters as the script's param() block does, with values that JSON has",
)

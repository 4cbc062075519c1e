"""What preflight finds wrong with a host, and what to do about it."""

from __future__ import annotations

from winfra.messages import Message

FAILED = Message(
    "preflight_failed",
    "{host} does not have what the deploy needs: {names}",
    "Do what stands below the table, then run again; nothing has been changed",
)

NOT_ADMINISTRATOR = Message(
    "preflight_not_administrator",
    "{user} is not an administrator of {host}",
    "Connect as a member of its group Administrators (winrm_user)",
)

FILTERED_TOKEN = Message(
    "preflight_filtered_token",
    "remote UAC gives {user} a token without its administrator's rights",
    r"On {host} set HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System, DWORD "
    "LocalAccountTokenFilterPolicy, to 1; or connect as a domain account",
)

OLD_WINDOWS = Message(
    "preflight_old_windows",
    "{host} runs build {build} of Windows",
    "Use Windows Server 2019 (build {needed}) or newer",
)

DOMAIN_CONTROLLER = Message(
    "preflight_domain_controller",
    "{host} is a domain controller, which has no local accounts",
    "Use a member server or one without a domain",
)

OLD_POWERSHELL = Message(
    "preflight_old_powershell",
    "{host} answers with PowerShell {version}",
    "Install Windows Management Framework 5.1",
)

CONSTRAINED_LANGUAGE = Message(
    "preflight_constrained_language",
    "{host} runs PowerShell in {mode}",
    "Exempt {user} from the AppLocker or App Control policy that demands it",
)

AUTORUN = Message(
    "preflight_autorun",
    r"each cmd.exe on {host} first runs {command!r} ({key})",
    "Remove the value AutoRun there, unless installers can do with what it does",
)

NO_DRIVE = Message(
    "preflight_no_drive",
    "{host} has no drive {drive}",
    "Attach and format it, or choose other drives in group data (data_drives)",
)

DRIVE_KIND = Message(
    "preflight_drive_kind",
    "drive {drive} of {host} is {kind}, not a fixed disk",
    "Choose a fixed disk in group data (data_drives)",
)

DRIVE_FORMAT = Message(
    "preflight_drive_format",
    "drive {drive} of {host} is formatted as {format}, which has no access lists",
    "Format it as NTFS or ReFS, or choose other drives in group data (data_drives)",
)

TEMPORARY_DRIVE = Message(
    "preflight_temporary_drive",
    "drive {drive} of {host} is the cloud's temporary disk: it is empty after a redeployment",
    "Attach a data disk under another letter, and name it in group data (data_drives)",
)

DRIVE_FULL = Message(
    "preflight_drive_full",
    "drive {drive} of {host} has {free} GB free",
    "Free {needed} GB or enlarge it; the number is data_free_gb in group data",
)

REBOOT_PENDING = Message(
    "preflight_reboot_pending",
    "{host} waits for a restart ({reasons})",
    "Restart it when you can; installers may refuse until then",
)

CLOCK = Message(
    "preflight_clock",
    "the clocks of {host} and of this machine are {difference} apart",
    "Set both by a time server (on the host: w32tm /resync); Kerberos and TLS refuse such a difference",
)

VERSION = Message(
    "preflight_version",
    "{key} is {value!r}",
    "It has to be {wanted}; group data says which",
)

NO_FILE = Message(
    "preflight_no_file",
    "{key} names {value!r}, and there is no such file on this machine",
    "Put it there, or correct the key in group data",
)

NO_GROUPS = Message(
    "preflight_no_groups",
    "whoami.exe does not tell the groups of the account: {Reason}",
    "Run 'whoami /groups' on the host as that account to see why",
)

BAD_DRIVE = Message(
    "preflight_bad_drive",
    "data_drives: {drive!r} is no drive",
    'Write a capital letter and a colon, such as "D:"',
)

"""What can be wrong with accounts, groups and rights."""

from __future__ import annotations

from winfra.messages import Message

ACCOUNT_NAME = Message(
    "account_name",
    "user: {user!r} is no name of a local account: {reason}",
    "Give a name of 1 to 20 characters, such as svc_prefect",
)
ACCOUNT_COMMENT = Message(
    "account_comment",
    "comment: {length} characters are too many for the description of {user}",
    "Windows takes 48 at most",
)
ACCOUNT_ELSEWHERE = Message(
    "account_elsewhere",
    "user: {user} is not an account of this host",
    "Local accounts alone are made here; one of a domain, a virtual or a managed one is made by others",
)
PASSWORD_MISSING = Message(
    "password_missing",
    "there is no account {user} on {host}, and no password to make it with",
    "Give password, from .env",
)
PASSWORD_REFUSED = Message(
    "password_refused",
    "password: the one for {user} is {reason}",
    "Choose another of 1 to 127 characters without line ends",
)
PASSWORD_POLICY = Message(
    "password_policy",
    "the host's policy refuses the password of {User}: {Reason}",
    "Choose one that is longer, of more kinds of characters, and has not been used before; "
    "'net accounts' shows the policy",
)
ACCOUNT_LOCKED = Message(
    "account_locked",
    "the account {user} on {host} is locked after wrong passwords",
    "Find out which program still uses an old password, then unlock it: net user {user} /active:yes",
)
ACCOUNT_DENIED = Message(
    "account_denied",
    "{User} cannot be changed: {Reason}",
    "Connect as an administrator with a full token",
)
UNKNOWN_ACCOUNT = Message(
    "unknown_account",
    "nothing on the host knows the account {Account}",
    r"Correct the name (NAME, DOMAIN\NAME, NT SERVICE\NAME or a SID), or make the account first",
)
UNKNOWN_GROUP = Message(
    "unknown_group",
    "there is no local group {group} on {host}",
    "Correct the name, or give its SID, such as S-1-5-32-544 for Administrators",
)
MEMBERSHIP_REFUSED = Message(
    "membership_refused",
    "{Member} in the group {Group}: {Reason}",
    "Check that the account still exists and that a local group can hold it",
)
UNKNOWN_RIGHT = Message(
    "unknown_right",
    "right: {right!r} is no user right",
    "Name it as Windows does, such as SeServiceLogonRight",
)
RIGHTS_UNREADABLE = Message(
    "rights_unreadable",
    "secedit.exe ended with exit code {Code}: {Reason}",
    "Look into %windir%\\security\\logs on the host; another program may be writing the policy",
)
RIGHT_NOT_SET = Message(
    "right_not_set",
    "secedit.exe took {Right} for {Account}, but it is not as asked afterwards",
    "Look into %windir%\\security\\logs on the host",
)
RIGHT_BY_POLICY = Message(
    "right_by_policy",
    "the group policy {gpo!r} decides who has {right} on {host}, without {account}",
    "Have the account added there: what is set on the host itself goes at the next refresh",
)
RIGHT_DENIED = Message(
    "right_denied",
    "{account} would have {right}, but {denied} is denied it on {host}",
    "Take it out of the deny right in the local security policy or the domain's",
)

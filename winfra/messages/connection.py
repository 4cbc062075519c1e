"""What can be wrong between the control machine and the host's listener."""

from winfra.messages import Message

UNREACHABLE = Message(
    "unreachable",
    "{endpoint} does not answer: {reason}",
    "Check the address and winrm_port, that the host is up, and that its firewall lets this machine in",
)
NO_LISTENER = Message(
    "no_listener",
    "nothing listens at {endpoint}: {reason}",
    "On the host, 'winrm enumerate winrm/config/listener' shows the listeners; "
    "'winrm quickconfig -transport:https' makes one; winrm_port and winrm_scheme have to match it",
)
UNKNOWN_NAME = Message(
    "unknown_name",
    "{endpoint}: this machine cannot resolve the name",
    "Check the name in the inventory and this machine's DNS",
)
NOT_WINRM = Message(
    "not_winrm",
    "{endpoint} answers, but not as a WinRM listener: {status}",
    "Check winrm_port, winrm_scheme and what stands between; on the host, 'winrm get winrm/config' "
    "shows the service's state",
)
LOGON_REFUSED = Message(
    "logon_refused",
    "{endpoint} refuses the logon of '{user}' by {transport}",
    "Check winrm_user (HOST\\user, user@domain) and winrm_password, that the account is neither "
    "locked nor expired, and that the listener allows {transport}",
)
UNTRUSTED_CERTIFICATE = Message(
    "untrusted_certificate",
    "{endpoint} shows a certificate that this machine does not trust: {reason}",
    "Name the file of the authority that issued it in winrm_ca_trust_path; for a name that differs, "
    "use the name in the certificate",
)
WRONG_SCHEME = Message(
    "wrong_scheme",
    "{endpoint} does not speak TLS: {reason}",
    "For an http listener set winrm_scheme to 'http' and winrm_port to 5985",
)
NOT_ALLOWED = Message(
    "not_allowed",
    "{endpoint} does not let '{user}' open a shell: access denied",
    "Use an account in the host's Administrators; for a local one other than Administrator, the host "
    "needs LocalAccountTokenFilterPolicy=1",
)
QUOTA = Message(
    "quota",
    "{endpoint} refuses for a quota: {reason}",
    "Raise it on the host ('winrm set winrm/config/winrs @{{MaxShellsPerUser=\"30\"}}', or "
    "MaxMemoryPerShellMB, MaxProcessesPerShell) or end shells that were left behind",
)
ENVELOPE_TOO_SMALL = Message(
    "envelope_too_small",
    "{endpoint} takes no messages of the size that is needed: {reason}",
    'On the host: winrm set winrm/config @{{MaxEnvelopeSizekb="500"}}',
)
FAULT = Message(
    "fault",
    "{endpoint} reports a fault: {reason}",
    "The host's event log 'Microsoft-Windows-WinRM/Operational' has the same moment from its side",
)
BASIC_OVER_HTTP = Message(
    "basic_over_http",
    "{endpoint}: basic over http would send the password readable by anyone on the way",
    "Set winrm_scheme to 'https', or winrm_transport to 'ntlm' or 'kerberos'",
)
UNENCRYPTED = Message(
    "unencrypted",
    "{endpoint}: messages over http would travel unencrypted ({cause})",
    "Leave winrm_message_encryption at 'auto', with winrm_transport 'ntlm', 'kerberos' or 'credssp', "
    "or set winrm_scheme to 'https'",
)
EXTRA_MISSING = Message(
    "extra_missing",
    "winrm_transport is {transport!r}, for which the package {package} is not installed",
    "pip install 'prefect-on-windows[{extra}]'",
)
BAD_SETTING = Message(
    "bad_setting",
    "{key} is {value!r}",
    "It has to be {wanted}",
)
SETTING_MISSING = Message(
    "setting_missing",
    "{key} is missing for {host}",
    "Set it in the inventory, in group data, or with --data {key}=…",
)
FILE_MISSING = Message(
    "file_missing",
    "{key} names {value!r}, which is no file on this machine",
    "Correct the path, or put the file there",
)
KERBEROS_REFUSED = Message(
    "kerberos_refused",
    "no Kerberos ticket for {endpoint}: {reason}",
    "Run 'kinit {user}' and check that 'klist' shows a ticket, and the service principal "
    "HTTP/<name> in the domain",
)
TWO_CONNECTORS = Message(
    "two_connectors",
    "several installed packages provide the connector @{name}: {packages}",
    "Uninstall all but prefect-on-windows: pyinfra takes one of them silently",
)

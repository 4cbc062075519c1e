"""What can be wrong with rules of the Windows firewall."""

from winfra.messages import Message

RULE_NAME = Message(
    "firewall_rule_name",
    "{argument}: {name!r} cannot name a firewall rule: {reason}",
    "Give a short name such as PrefectServer",
)
ARGUMENT_REFUSED = Message(
    "firewall_argument_refused",
    "{argument}: {value!r} is none of {known}",
    "Give one of them, or leave it out",
)
PORT_REFUSED = Message(
    "firewall_port_refused",
    "ports: {port!r} {reason}",
    "Give whole numbers from 1 to 65535 or ranges such as '5000-5010', with the protocol TCP or UDP",
)
ADDRESS_REFUSED = Message(
    "firewall_address_refused",
    "remote_addresses: {address!r} {reason}",
    "Give addresses (10.0.0.5), networks (10.0.0.0/8), ranges (10.0.0.1-10.0.0.9) or LocalSubnet; "
    "without any, all addresses are meant",
)
PROGRAM_REFUSED = Message(
    "firewall_program_refused",
    "program: {program!r} {reason}",
    r"Give its full path, such as D:\python\python.exe, or System",
)
RULES_IGNORED = Message(
    "firewall_rules_ignored",
    "the rule {rule} has no effect on {host}: {reason}",
    "Have the rule added to that policy, or name other profiles",
)
RULES_IGNORED_PARTLY = Message(
    "firewall_rules_ignored_partly",
    "the rule {rule} has no effect on {host} in some of its profiles: {reason}",
    "Where such a network is to be served, have the rule added to that policy",
)
FIREWALL_OFF = Message(
    "firewall_off",
    "the firewall of {host} is off for the profiles {profiles}: the rule {rule} limits nothing there",
    "Turn it on: Set-NetFirewallProfile -Name {profiles} -Enabled True",
)
FIREWALL_DENIED = Message(
    "firewall_denied",
    "the rule {Name} cannot be changed: {Reason}",
    "Connect as an administrator with a full token",
)
FIREWALL_STOPPED = Message(
    "firewall_stopped",
    "the rule {Name} cannot be changed, the firewall's service does not answer: {Reason}",
    "Enable and start the service mpssvc on the host; Windows needs it even where the firewall is off",
)
RULE_REFUSED = Message(
    "firewall_rule_refused",
    "Windows refuses the rule {Name}: {Reason}",
    "Compare its arguments with what New-NetFirewallRule takes on this version of Windows",
)

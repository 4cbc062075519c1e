"""Accounts and groups that every Windows has: SIDs, and their names by the language of Windows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "de", "fr"]
Kind: TypeAlias = Literal["user", "group", "alias", "well-known", "domain", "label", "computer"]
"""What LookupAccountSid says of an account (SID_NAME_USE)."""

LANGUAGES: tuple[Language, ...] = ("en", "de", "fr")
EVERYONE = "S-1-1-0"
ADMINISTRATORS = "S-1-5-32-544"
USERS = "S-1-5-32-545"
GUESTS = "S-1-5-32-546"
REMOTE_MANAGEMENT = "S-1-5-32-580"
SYSTEM = "S-1-5-18"
LOCAL_SERVICE = "S-1-5-19"
NETWORK_SERVICE = "S-1-5-20"
AUTHENTICATED = "S-1-5-11"
INTERACTIVE = "S-1-5-4"
ALL_SERVICES = "S-1-5-80-0"
LOCAL_ACCOUNT = "S-1-5-113"
LOCAL_ADMINISTRATOR = "S-1-5-114"
NT_SERVICE = "NT SERVICE"
ADMINISTRATOR_RID = 500
GUEST_RID = 501

AUTHORITY = ("NT AUTHORITY", "NT-AUTORITÄT", "AUTORITE NT")
BUILTIN = ("BUILTIN", "VORDEFINIERT", "BUILTIN")
_LABEL = ("Mandatory Label", "Verbindliche Beschriftung", "Étiquette obligatoire")
_SERVICE = (NT_SERVICE,) * 3
_NONE = ("", "", "")

_Names: TypeAlias = tuple[str, str, str]


def _same(name: str) -> _Names:
    return name, name, name


# SID, domain, names in English, German and French as these versions of Windows show them.
_WELL_KNOWN: tuple[tuple[str, _Names, _Names], ...] = (
    ("S-1-0-0", _NONE, ("NULL SID", "NULL SID", "NULL SID")),
    (EVERYONE, _NONE, ("Everyone", "Jeder", "Tout le monde")),
    ("S-1-2-0", _NONE, ("LOCAL", "LOKAL", "LOCAL")),
    ("S-1-2-1", _NONE, ("CONSOLE LOGON", "KONSOLENANMELDUNG", "OUVERTURE DE SESSION DE CONSOLE")),
    ("S-1-3-0", _NONE, ("CREATOR OWNER", "ERSTELLER-BESITZER", "CREATEUR PROPRIETAIRE")),
    ("S-1-3-1", _NONE, ("CREATOR GROUP", "ERSTELLERGRUPPE", "GROUPE CREATEUR")),
    ("S-1-3-4", _NONE, ("OWNER RIGHTS", "EIGENTÜMERRECHTE", "DROITS DU PROPRIÉTAIRE")),
    ("S-1-5-1", AUTHORITY, ("DIALUP", "DIALUP", "LIGNE")),
    ("S-1-5-2", AUTHORITY, ("NETWORK", "NETZWERK", "RESEAU")),
    ("S-1-5-3", AUTHORITY, ("BATCH", "BATCH", "TACHE")),
    (INTERACTIVE, AUTHORITY, ("INTERACTIVE", "INTERAKTIV", "INTERACTIF")),
    ("S-1-5-6", AUTHORITY, ("SERVICE", "DIENST", "SERVICE")),
    ("S-1-5-7", AUTHORITY, ("ANONYMOUS LOGON", "ANONYMOUS-ANMELDUNG", "ANONYMOUS LOGON")),
    ("S-1-5-10", AUTHORITY, ("SELF", "SELBST", "SELF")),
    (
        AUTHENTICATED,
        AUTHORITY,
        ("Authenticated Users", "Authentifizierte Benutzer", "Utilisateurs authentifiés"),
    ),
    ("S-1-5-12", AUTHORITY, ("RESTRICTED", "EINGESCHRÄNKT", "RESTRICTED")),
    (
        "S-1-5-13",
        AUTHORITY,
        ("TERMINAL SERVER USER", "TERMINALSERVERBENUTZER", "UTILISATEUR TERMINAL SERVER"),
    ),
    ("S-1-5-14", AUTHORITY, _same("REMOTE INTERACTIVE LOGON")),
    ("S-1-5-15", AUTHORITY, ("This Organization", "Diese Organisation", "Cette organisation")),
    ("S-1-5-17", AUTHORITY, _same("IUSR")),
    (SYSTEM, AUTHORITY, ("SYSTEM", "SYSTEM", "Système")),
    (LOCAL_SERVICE, AUTHORITY, ("LOCAL SERVICE", "Lokaler Dienst", "SERVICE LOCAL")),
    (NETWORK_SERVICE, AUTHORITY, ("NETWORK SERVICE", "Netzwerkdienst", "SERVICE RÉSEAU")),
    (
        "S-1-5-64-10",
        AUTHORITY,
        ("NTLM Authentication", "NTLM-Authentifizierung", "Authentification NTLM"),
    ),
    (ALL_SERVICES, _SERVICE, ("ALL SERVICES", "ALLE DIENSTE", "TOUS LES SERVICES")),
    ("S-1-5-83-0", _same("NT VIRTUAL MACHINE"), _same("Virtual Machines")),
    ("S-1-5-90-0", _same("Window Manager"), _same("Window Manager Group")),
    (LOCAL_ACCOUNT, AUTHORITY, ("Local account", "Lokales Konto", "Compte local")),
    (
        LOCAL_ADMINISTRATOR,
        AUTHORITY,
        (
            "Local account and member of Administrators group",
            'Lokales Konto und Mitglied der Gruppe "Administratoren"',
            "Compte local et membre du groupe Administrateurs",
        ),
    ),
    (
        "S-1-16-4096",
        _LABEL,
        (
            "Low Mandatory Level",
            "Niedrige Verbindlichkeitsstufe",
            "Niveau obligatoire faible",
        ),
    ),
    (
        "S-1-16-8192",
        _LABEL,
        (
            "Medium Mandatory Level",
            "Mittlere Verbindlichkeitsstufe",
            "Niveau obligatoire moyen",
        ),
    ),
    (
        "S-1-16-12288",
        _LABEL,
        ("High Mandatory Level", "Hohe Verbindlichkeitsstufe", "Niveau obligatoire élevé"),
    ),
    (
        "S-1-16-16384",
        _LABEL,
        (
            "System Mandatory Level",
            "Systemverbindlichkeitsstufe",
            "Niveau obligatoire système",
        ),
    ),
)

GROUPS: dict[str, _Names] = {
    ADMINISTRATORS: ("Administrators", "Administratoren", "Administrateurs"),
    USERS: ("Users", "Benutzer", "Utilisateurs"),
    GUESTS: ("Guests", "Gäste", "Invités"),
    "S-1-5-32-547": ("Power Users", "Hauptbenutzer", "Utilisateurs avec pouvoir"),
    "S-1-5-32-550": ("Print Operators", "Druck-Operatoren", "Opérateurs d'impression"),
    "S-1-5-32-551": ("Backup Operators", "Sicherungs-Operatoren", "Opérateurs de sauvegarde"),
    "S-1-5-32-552": ("Replicator", "Replikations-Operator", "Duplicateurs"),
    "S-1-5-32-555": (
        "Remote Desktop Users",
        "Remotedesktopbenutzer",
        "Utilisateurs du Bureau à distance",
    ),
    "S-1-5-32-556": (
        "Network Configuration Operators",
        "Netzwerkkonfigurations-Operatoren",
        "Opérateurs de configuration réseau",
    ),
    "S-1-5-32-558": (
        "Performance Monitor Users",
        "Leistungsüberwachungsbenutzer",
        "Utilisateurs de l'Analyseur de performances",
    ),
    "S-1-5-32-559": (
        "Performance Log Users",
        "Leistungsprotokollbenutzer",
        "Utilisateurs du journal de performances",
    ),
    "S-1-5-32-562": (
        "Distributed COM Users",
        "Distributed COM-Benutzer",
        "Utilisateurs du modèle COM distribué",
    ),
    "S-1-5-32-568": _same("IIS_IUSRS"),
    "S-1-5-32-569": (
        "Cryptographic Operators",
        "Kryptografie-Operatoren",
        "Opérateurs de chiffrement",
    ),
    "S-1-5-32-573": (
        "Event Log Readers",
        "Ereignisprotokollleser",
        "Lecteurs des journaux d'événements",
    ),
    "S-1-5-32-578": (
        "Hyper-V Administrators",
        "Hyper-V-Administratoren",
        "Administrateurs Hyper-V",
    ),
    REMOTE_MANAGEMENT: (
        "Remote Management Users",
        "Remoteverwaltungsbenutzer",
        "Utilisateurs de gestion à distance",
    ),
}
"""The groups of the domain BUILTIN."""

ACCOUNTS: dict[int, _Names] = {
    ADMINISTRATOR_RID: ("Administrator", "Administrator", "Administrateur"),
    GUEST_RID: ("Guest", "Gast", "Invité"),
    503: _same("DefaultAccount"),
    504: _same("WDAGUtilityAccount"),
}
"""The accounts that setup makes, by the last part of their SID."""

SERVICES = (
    "EventLog",
    "LanmanServer",
    "MSDTC",
    "Schedule",
    "TrustedInstaller",
    "W32Time",
    "WdiServiceHost",
    "WinRM",
)
"""Services of Windows itself that stand in access lists and rights."""

SDDL = {
    "AN": "S-1-5-7", "AU": AUTHENTICATED, "BA": ADMINISTRATORS, "BG": GUESTS,
    "BO": "S-1-5-32-551", "BU": USERS, "CG": "S-1-3-1", "CO": "S-1-3-0", "IU": INTERACTIVE,
    "LS": LOCAL_SERVICE, "LU": "S-1-5-32-559", "MU": "S-1-5-32-558", "NO": "S-1-5-32-556",
    "NS": NETWORK_SERVICE, "NU": "S-1-5-2", "OW": "S-1-3-4", "PS": "S-1-5-10", "PU": "S-1-5-32-547",
    "RC": "S-1-5-12", "RD": "S-1-5-32-555", "RE": "S-1-5-32-552", "RM": REMOTE_MANAGEMENT,
    "SU": "S-1-5-6", "SY": SYSTEM, "WD": EVERYONE,
}  # fmt: skip
"""Abbreviations in SDDL ("SID Strings" in Microsoft's documentation) that name no domain."""


@dataclass(frozen=True)
class Principal:
    """An account, as LookupAccountName and LookupAccountSid describe it."""

    domain: str
    name: str
    sid: str
    kind: Kind

    @property
    def full_name(self) -> str:
        return f"{self.domain}\\{self.name}" if self.domain else self.name


@cache
def principals(language: Language) -> tuple[Principal, ...]:
    """All that is the same on every machine, groups of BUILTIN included."""
    n = LANGUAGES.index(language)
    known = [
        Principal(domain[n], names[n], sid, "label" if sid.startswith("S-1-16-") else "well-known")
        for sid, domain, names in _WELL_KNOWN
    ]
    groups = [Principal(BUILTIN[n], names[n], sid, "alias") for sid, names in GROUPS.items()]
    return (*known, *groups)


def local_name(sid: str, stored: str, language: Language) -> str:
    """The name of a built-in account or group, in this language unless somebody renamed it."""
    names = GROUPS.get(sid) or ACCOUNTS.get(int(sid.rpartition("-")[2]))
    if names is None or stored not in names:
        return stored
    return names[LANGUAGES.index(language)]

"""Whom a service runs as: its account by the stored name, its logon, its password's secret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from winfra.lab import access, accounts, bare, logon, rights, token, well_known
from winfra.lab.access import AccessLists
from winfra.lab.paths import to_real
from winfra.lab.registry import Registry
from winfra.lab.resolve import Names
from winfra.lab.sids import service_sid
from winfra.lab.state_file import read_json, write_json
from winfra.lab.token import Token
from winfra.lab.well_known import NT_SERVICE

Kind: TypeAlias = Literal["built-in", "virtual", "managed", "domain", "local"]
_SYSTEM_NAMES = {"localsystem", "nt authority\\system"}
_BUILT_IN = {
    "nt authority\\localservice": well_known.LOCAL_SERVICE,
    "nt authority\\networkservice": well_known.NETWORK_SERVICE,
}
_PROFILES = {
    well_known.SYSTEM: r"C:\Windows\system32\config\systemprofile",
    well_known.LOCAL_SERVICE: r"C:\Windows\ServiceProfiles\LocalService",
    well_known.NETWORK_SERVICE: r"C:\Windows\ServiceProfiles\NetworkService",
}
_PROFILES_KEY = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
_PROFILE_LIST = "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{sid})"


@dataclass(frozen=True)
class Account:
    """The account that a service's configuration names."""

    sid: str
    domain: str
    name: str
    kind: Kind

    @property
    def profile(self) -> str:
        return _PROFILES.get(self.sid, rf"C:\Users\{self.name}")


def find(lab: Path, stored: str, service: str) -> Account | None:
    """The account behind ``ObjectName``; None where CreateService would not take the name."""
    names = Names(accounts.read(lab))
    computer = names.accounts.computer
    domain, backslash, own = stored.rpartition("\\")
    if domain == "." or (domain and domain.lower() == computer.lower()):
        domain, stored = computer, own if own.lower() == "localsystem" else f"{computer}\\{own}"
    if stored.lower() in _SYSTEM_NAMES:
        return Account(well_known.SYSTEM, "WORKGROUP", f"{computer}$", "built-in")
    if domain.lower() == NT_SERVICE.lower():
        # The virtual account of another service is refused; its own need not resolve yet.
        is_own = own.lower() == service.lower()
        return Account(service_sid(service), NT_SERVICE, service, "virtual") if is_own else None
    if not backslash and "@" not in stored:
        return None
    built_in = _BUILT_IN.get(stored.lower())
    found = names.find_sid(built_in) if built_in else names.find_name(stored)
    if found is None:
        return None
    if found.sid in _PROFILES:
        return Account(found.sid, found.domain, found.name, "built-in")
    if found.kind != "user":
        return None
    is_domain = names.directory.owns(found.sid)
    kind: Kind = "managed" if is_domain and found.name.endswith("$") else "domain"
    return Account(found.sid, found.domain, found.name, kind if is_domain else "local")


def log_on(lab: Path, account: Account, password: str) -> int:
    """Log on as a service; 0 or the system error code of the logon."""
    if account.kind == "built-in":
        return 0
    if account.kind == "local":
        return logon.log_on(lab, account.name, password, "service")
    # Neither the virtual nor the managed have a password; a domain's are not known here.
    one = token.make(accounts.read(lab), account.sid, "service")
    may = rights.may_log_on(lab, one.sids, token.RIGHT_TO["service"])
    return 0 if may else logon.NOT_GRANTED


def token_of(lab: Path, account: Account, groups: tuple[str, ...]) -> Token:
    return token.make(accounts.read(lab), account.sid, "service", groups)


def make_profile(lab: Path, account: Account) -> None:
    """The folders that the first logon of the account makes, and their entry in the registry."""
    folder = to_real(lab, account.profile)
    keys, entry = Registry(lab / "registry"), rf"{_PROFILES_KEY}\{account.sid}"
    if not keys.values(entry):
        keys.set(entry, "ProfileImagePath", account.profile, "ExpandString")
    if folder.is_dir():
        return
    if account.kind == "built-in":
        (folder / "AppData/Local/Temp").mkdir(parents=True)
    else:
        bare.make_profile(lab, account.name)
    if account.kind != "local":  # whose list follows from its name
        lists = AccessLists(lab)
        wanted = lists.dialect.parse(_PROFILE_LIST.format(sid=account.sid))
        lists.write_list(folder, wanted)


class Secrets:
    """The passwords of services, enciphered as the local security authority keeps them."""

    def __init__(self, lab: Path) -> None:
        self._file = lab / "state" / "service_secrets.json"

    def get(self, service: str) -> str:
        stored = read_json(self._file, {"key": "", "secrets": {}})
        text = stored["secrets"].get(service.lower())
        return "" if text is None else _cipher(stored["key"]).decrypt(text.encode()).decode()

    def set(self, service: str, password: str | None) -> None:
        """Keep a password; None or an empty one: forget it."""
        from cryptography.fernet import Fernet  # loaded where a service has a password at all

        stored = read_json(self._file, {"key": "", "secrets": {}})
        if not password and service.lower() not in stored["secrets"]:
            return
        key = stored["key"] or Fernet.generate_key().decode()
        kept = {name: text for name, text in stored["secrets"].items() if name != service.lower()}
        if password:
            kept[service.lower()] = _cipher(key).encrypt(password.encode()).decode()
        write_json(self._file, {"key": key, "secrets": kept})


def _cipher(key: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    from cryptography.fernet import Fernet

    return Fernet(key.encode())


def may_execute(lab: Path, file: Path, who: Token) -> bool:
    needed = access.READ_DATA | access.EXECUTE
    return AccessLists(lab).granted(file, who) & needed == needed

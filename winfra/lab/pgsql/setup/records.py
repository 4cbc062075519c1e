"""What the installer writes to the registry, and reads there when it runs again."""

from __future__ import annotations

from pathlib import Path

from winfra.lab.pgsql import distribution, real
from winfra.lab.pgsql.reports import SOURCES
from winfra.lab.pgsql.setup.options import Options
from winfra.lab.registry import Registry
from winfra.lab.scm.windows_services import KEY as SERVICE_KEYS

ROOT = r"HKLM\SOFTWARE\PostgreSQL"
UNINSTALL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"


def product() -> str:
    """The name of its keys, whatever the service is called."""
    return f"postgresql-x64-{real.major()}"


def installation() -> str:
    return rf"{ROOT}\Installations\{product()}"


def services() -> str:
    return rf"{ROOT}\Services\{product()}"


def arp() -> str:
    return rf"{UNINSTALL}\PostgreSQL {real.major()}"


def read(lab: Path) -> dict[str, str]:
    """The values of an earlier installation."""
    values = Registry(lab / "registry").values(installation())
    return {name: str(data) for name, (_, data) in values.items()}


def begin(lab: Path, options: Options) -> None:
    """What is written before the cluster is made, and stays when that fails."""
    keys = Registry(lab / "registry")
    for name, value in {
        "Base Directory": options["prefix"],
        "Version": f"{distribution.version()}-1",
        "Shortcuts": options["create_shortcuts"],
        "Branding": f"PostgreSQL {real.major()}",
        "DisableStackBuilder": "0" if options.has("stackbuilder") else "1",
    }.items():
        keys.set(installation(), name, value)
    for name, value in {
        "DisplayName": f"PostgreSQL {real.major()}",
        "DisplayVersion": f"{distribution.version()}-1",
        "Publisher": "PostgreSQL Global Development Group",
        "InstallLocation": options["prefix"],
        "UninstallString": rf'"{options["prefix"]}\uninstall-postgresql.exe"',
    }.items():
        keys.set(arp(), name, value)


def finish(lab: Path, options: Options, locale: str) -> None:
    """What is written when the server runs."""
    keys = Registry(lab / "registry")
    source = rf"{SOURCES}\PostgreSQL"
    keys.set(source, "EventMessageFile", rf"{options['prefix']}\lib\pgevent.dll")
    keys.set(source, "TypesSupported", 7)
    account = options["serviceaccount"]
    for name, value in {
        "Data Directory": options["datadir"],
        "Service ID": options["servicename"],
        "Service Account": account,
        "Super User": options["superaccount"],
        "CLT_Version": f"{distribution.version()}-1",
    }.items():
        keys.set(installation(), name, value)
    values: dict[str, str | int] = {
        "Data Directory": options["datadir"],
        "Display Name": f"PostgreSQL {real.major()}",
        "Port": int(options["serverport"]),
        "Locale": locale,
        "Database Superuser": options["superaccount"],
        "Service Account": account if "\\" in account else rf".\{account}",
        "Product Code": product(),
    }
    for name, data in values.items():
        keys.set(services(), name, data)


def describe(lab: Path) -> None:
    """Under the default name always: where the service has another, this makes a stray key."""
    keys = Registry(lab / "registry")
    keys.set(
        rf"{SERVICE_KEYS}\{product()}",
        "Description",
        "Provides relational database storage.",
    )


def remove(lab: Path) -> None:
    keys = Registry(lab / "registry")
    for key in (rf"{SOURCES}\PostgreSQL", services(), installation(), arp()):
        keys.delete(key)

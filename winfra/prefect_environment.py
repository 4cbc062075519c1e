r"""The settings of Prefect's server and worker, from the data of a host.

``PREFECT_HOME`` moves less than its documentation says: results, memo store and logging's file stay
in the profile of the account (PrefectHQ/prefect#23046), so each has a place of its own. The services
write below ``data`` alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyinfra.api.hiddenvalue import HiddenValue

from winfra.prefect_layout import Layout
from winfra.prefect_settings import Value, check_worker, texts

DEFAULTS: dict[str, Any] = {
    "postgresql_address": "127.0.0.1",
    "postgresql_port": 5432,
    "postgresql_tls": None,
    "postgresql_authority": None,
    "prefect_database": "prefect_db",
    "prefect_role": "prefect",
    "prefect_database_password": None,
    "prefect_listen": "127.0.0.1",
    "prefect_ui_url": None,
    "prefect_log_level": "INFO",
    "prefect_server_settings": {},
    "prefect_worker_settings": {},
}
LOOPBACK = ("127.0.0.1", "localhost")


def server(layout: Layout, data: Mapping[str, Any]) -> dict[str, str | HiddenValue]:
    """Of the server; ``prefect_server_settings`` come last, and ``None`` there leaves a thing to Prefect."""
    page = str(data["prefect_ui_url"] or layout.address).rstrip("/")
    port = layout.data["prefect_port"]
    own: dict[str, Value] = {
        **_both(layout, data),
        **_database(data),
        "PREFECT_SERVER_API_HOST": data["prefect_listen"],
        "PREFECT_SERVER_API_PORT": port,
        "PREFECT_SERVER_API_AUTH_STRING": layout.data["prefect_auth_string"],
        # Any other page in somebody's browser could use the API as that somebody.
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": _origins(page, port),
        "PREFECT_SERVER_UI_API_URL": f"{page}/api",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": rf"{layout.home}\data\ui",
        "PREFECT_SERVER_MEMO_STORE_PATH": rf"{layout.home}\data\memo_store.toml",
        "PREFECT_SERVER_LOGGING_LEVEL": data["prefect_log_level"],
        "PREFECT_SERVER_ANALYTICS_ENABLED": False,
        # With -m the folder that it works in would come before the installed packages.
        "PYTHONSAFEPATH": 1,
    }
    return texts({**own, **data["prefect_server_settings"]})


def worker(layout: Layout, data: Mapping[str, Any]) -> dict[str, str | HiddenValue]:
    """Of the workers and with that of every flow; nothing of the database's is among them."""
    check_worker(data["prefect_worker_settings"])
    own: dict[str, Value] = {
        **_both(layout, data),
        "PREFECT_WORKER_WEBSERVER_HOST": "127.0.0.1",
    }
    return texts({**own, **data["prefect_worker_settings"]})


def people(layout: Layout, data: Mapping[str, Any]) -> str:
    """The profile of those who use Prefect at the host: a file in TOML that everybody may read."""
    page = data["prefect_ui_url"]
    settings = {"PREFECT_API_URL": layout.api.url, "PREFECT_SERVER_EPHEMERAL_ENABLED": "false"}
    settings["PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME"] = str(layout.data["work_pool"])
    settings |= {"PREFECT_UI_URL": page} if page else {}
    # What JSON makes of a text is a text of TOML's.
    lines = [f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in settings.items()]
    return "\n".join(['active = "server"', "", "[profiles.server]", *lines, ""])


def profiles(layout: Layout) -> str:
    """The file of that profile."""
    return rf"{layout.home}\settings\profiles.toml"


def _both(layout: Layout, data: Mapping[str, Any]) -> dict[str, Value]:
    home = layout.home
    hosts = dict.fromkeys([*LOOPBACK, str(layout.data["prefect_server"])])
    return {
        "PREFECT_HOME": home,
        "PREFECT_PROFILES_PATH": profiles(layout),
        "PREFECT_API_URL": layout.api.url,
        "PREFECT_API_AUTH_STRING": layout.api.auth,
        "PREFECT_UI_URL": data["prefect_ui_url"],
        # Without a server it would make one of its own, with SQLite.
        "PREFECT_SERVER_EPHEMERAL_ENABLED": False,
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": rf"{home}\data\storage",
        "PREFECT_LOGGING_CONFIG_PATH": rf"{home}\settings\logging.yml",
        "PREFECT_LOGGING_LEVEL": data["prefect_log_level"],
        "PREFECT_LOGGING_COLORS": False,
        "PREFECT_CLI_COLORS": False,
        "PREFECT_CLI_PROMPT": False,
        # A line of a log is a line, however long.
        "PREFECT_CLI_WRAP_LINES": False,
        "DO_NOT_TRACK": 1,
        # A service's code page is Windows' own, and Prefect reads its children's output as UTF-8.
        "PYTHONUTF8": 1,
        "PYTHONIOENCODING": "utf-8",
        "PYTHONNOUSERSITE": 1,
        "PYTHONUNBUFFERED": 1,
        "NO_PROXY": ",".join(hosts),
    }


def _database(data: Mapping[str, Any]) -> dict[str, Value]:
    """By its parts: Prefect quotes them, and takes what stands in a whole address as it is."""
    prefix = "PREFECT_SERVER_DATABASE_"
    tls = f"{prefix}SQLALCHEMY_CONNECT_ARGS_TLS_"
    found: dict[str, Value] = {
        f"{prefix}DRIVER": "postgresql+asyncpg",
        f"{prefix}HOST": data["postgresql_address"],
        f"{prefix}PORT": data["postgresql_port"],
        f"{prefix}NAME": data["prefect_database"],
        f"{prefix}USER": data["prefect_role"],
        f"{prefix}PASSWORD": data["prefect_database_password"],
        f"{prefix}MIGRATE_ON_START": False,
    }
    if data["postgresql_tls"] in {"require", "verify-ca", "verify-full"}:
        found |= {
            f"{tls}ENABLED": True,
            f"{tls}CA_FILE": data["postgresql_authority"],
            f"{tls}CHECK_HOSTNAME": data["postgresql_tls"] == "verify-full",
        }
    return found


def _origins(page: str, port: int) -> str:
    """The pages from which a browser may use the API: the UI's, by each name of this host's own."""
    scheme, _, rest = page.partition("://")
    found = [
        f"{scheme}://{rest.partition('/')[0]}",
        *(f"http://{name}:{port}" for name in LOOPBACK),
    ]
    return ",".join(dict.fromkeys(found))

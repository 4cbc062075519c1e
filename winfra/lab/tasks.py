r"""The lab's scheduled tasks: XML files under ``C:\Windows\System32\Tasks``, as on Windows."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from winfra.lab import resolve, sids, task_schema, token
from winfra.lab.paths import to_real
from winfra.lab.sam import RefusedError
from winfra.lab.state_file import read_json, write_json
from winfra.lab.task_schema import Node

FOLDER = r"C:\Windows\System32\Tasks"
NEVER_RUN = 267011
"""SCHED_S_TASK_HAS_NOT_RUN"""
NOT_FOUND = RefusedError(
    "HRESULT 0x80070002", "The system cannot find the file specified. ", 0x80070002
)
DENIED = RefusedError("HRESULT 0x80070005", "Access is denied. ", 0x80070005)
EXISTS = RefusedError(
    "HRESULT 0x800700b7", "Cannot create a file when that file already exists. ", 0x800700B7
)
BAD_NAME = RefusedError(
    "HRESULT 0x8007007b",
    "The filename, directory name, or volume label syntax is incorrect. ",
    0x8007007B,
)


class Tasks:
    r"""The tasks of a lab; ``path`` is a task's full name, ``\Prefect\Clean``."""

    def __init__(self, lab: Path) -> None:
        self.lab = lab
        self.folder = to_real(lab, FOLDER)

    def register(self, path: str, xml: str, *, force: bool) -> None:
        """Keep a task as the scheduler does, once it has found nothing wrong with it."""
        if any(character in path for character in '<>:"/|?*') or not path.strip("\\"):
            raise BAD_NAME
        task = task_schema.read(xml)
        task_schema.check(task)
        self._settle_principals(task)
        self._need_administrator()
        if self.find(path) is not None and not force:
            raise EXISTS
        information = task.find("RegistrationInfo")
        if information is None:
            task.children.append(Node("RegistrationInfo"))
        task.set("RegistrationInfo/URI", path)
        task_schema.settle(task)
        self.write(path, task)

    def unregister(self, path: str) -> None:
        file = self._existing(path)
        self._need_administrator()
        file.unlink()
        for folder in file.parents:
            if folder == self.folder or any(folder.iterdir()):
                break
            folder.rmdir()

    def export(self, path: str) -> str:
        self._existing(path)
        self._need_administrator()
        return task_schema.write(self.read(path))

    def set_enabled(self, path: str, *, enabled: bool) -> None:
        self._existing(path)
        self._need_administrator()
        task = self.read(path)
        task.set("Settings/Enabled", "true" if enabled else "false")
        task_schema.settle(task)
        self.write(path, task)

    def paths(self) -> list[str]:
        """All tasks, by name."""
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        return sorted("\\" + "\\".join(file.relative_to(self.folder).parts) for file in files)

    def find(self, path: str) -> Path | None:
        file = to_real(self.lab, FOLDER + path)
        return file if file.is_file() else None

    def read(self, path: str) -> Node:
        """A task; what the file says may have been changed by hand."""
        return task_schema.read(self._existing(path).read_bytes().decode("utf-16"))

    def write(self, path: str, task: Node) -> None:
        file = self.find(path) or to_real(self.lab, FOLDER + path)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = self.lab / "run" / f"task-{secrets.token_hex(4)}"
        new.write_bytes(task_schema.write(task).encode("utf-16"))
        new.replace(file)

    def described(self) -> list[dict[str, Any]]:
        """What Get-ScheduledTask and Get-ScheduledTaskInfo show; nothing to who is no administrator."""
        if not token.of_process(self.lab).elevated:
            return []
        status = self.status()
        return [self._described(path, status.get(path, {})) for path in self.paths()]

    def status(self) -> dict[str, dict[str, Any]]:
        """Path -> ``last_run``, ``last_result``, ``running``, as the runner notes them."""
        found: dict[str, dict[str, Any]] = read_json(self._status_file, {})
        return found

    def note(self, path: str, values: dict[str, Any]) -> None:
        """Change a task's status; that of tasks that are gone goes."""
        known = {*self.paths(), path}
        status = {one: kept for one, kept in self.status().items() if one in known}
        status[path] = {**status.get(path, {}), **values}
        write_json(self._status_file, status)

    @property
    def _status_file(self) -> Path:
        return self.lab / "state" / "tasks.json"

    def _existing(self, path: str) -> Path:
        file = self.find(path)
        if file is None:
            raise NOT_FOUND
        return file

    def _need_administrator(self) -> None:
        if not token.of_process(self.lab).elevated:
            raise DENIED

    def _settle_principals(self, task: Node) -> None:
        """Accounts by SID; one of this machine needs a password that nobody gave."""
        principal = task.find("Principals/Principal")
        for name in ("UserId", "GroupId"):
            node = principal.find(name) if principal else None
            if node is None or principal is None:
                continue
            sid = sids.parse(node.text) or _sid(resolve.names(self.lab).find_name(node.text))
            if sid is None or resolve.names(self.lab).find_sid(sid) is None:
                text = "No mapping between account names and security IDs was done."
                raise task_schema.refusal((0x80070534, text), node, node.text)
            node.text = sid
            if principal.value("LogonType") == "Password":
                text = "The user name or password is incorrect. "
                raise RefusedError("HRESULT 0x8007052e", text, 0x8007052E)

    def _described(self, path: str, status: dict[str, Any]) -> dict[str, Any]:
        task = self.read(path)
        folder, _, name = path.rpartition("\\")
        enabled = task.value("Settings/Enabled", "true") == "true"
        user = resolve.names(self.lab).find_sid(task.value("Principals/Principal/UserId"))
        actions = (task.find("Actions") or Node("")).children
        return {
            "name": name,
            "path": f"{folder}\\",
            "state": "Running" if status.get("running") else "Ready" if enabled else "Disabled",
            "description": task.value("RegistrationInfo/Description") or None,
            "author": task.value("RegistrationInfo/Author") or None,
            "date": task.value("RegistrationInfo/Date") or None,
            "user": user.name if user else None,
            "highest": task.value("Principals/Principal/RunLevel") == "HighestAvailable",
            "actions": [
                {key: action.value(key) for key in ("Command", "Arguments", "WorkingDirectory")}
                for action in actions
            ],
            "triggers": [trigger.name for trigger in (task.find("Triggers") or Node("")).children],
            "last_run": status.get("last_run"),
            "last_result": status.get("last_result", NEVER_RUN),
            "next_run": status.get("next_run"),
        }


def _sid(found: Any) -> str | None:
    return None if found is None else str(found.sid)

"""Settings and access rules of a real server in the lab; psycopg and its files are the witnesses."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import OperationValueError

from tests.database import DATA, Server
from tests.trial import Trial, no_host
from winfra.lab import postgresql as lab_postgresql
from winfra.messages import postgresql as sentences, postgresql_configuration as messages
from winfra.operations import postgresql
from winfra.postgresql_server import Server as PostgresqlServer
from winfra.sql import Connection

SERVICE = lab_postgresql.service_name()
MINE = rf"{DATA}\conf.d\prefect.conf"


@pytest.fixture
def files(trial: Trial, server: Server) -> Iterator[Path]:
    """The real data folder; its files are as they were afterwards."""
    folder = trial.lab.path(DATA)
    kept = {name: (folder / name).read_bytes() for name in ("postgresql.conf", "pg_hba.conf")}
    yield folder
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    (folder / "postgresql.auto.conf").write_text("")
    for path in (folder / "conf.d").glob("*"):
        path.unlink()
    if trial.lab.service(SERVICE)["state"] != 4:
        lab_postgresql.start(trial.lab)
    reload(server)
    if server.ask("SELECT FROM pg_settings WHERE pending_restart"):
        lab_postgresql.stop(trial.lab)
        lab_postgresql.start(trial.lab)


def reload(server: Server) -> None:
    [(before,)] = server.ask("SELECT pg_conf_load_time()")
    server.do("SELECT pg_reload_conf()")
    end = time.monotonic() + 10
    while server.ask("SELECT pg_conf_load_time()") == [(before,)] and time.monotonic() < end:
        time.sleep(0.05)


def later(path: Path) -> None:
    """The file changed after the server had read its files; it tells that in whole seconds."""
    changed = path.stat().st_mtime + 2
    os.utime(path, (changed, changed))


def options(server: Server, **given: Any) -> dict[str, Any]:
    return {"data": DATA, "service": SERVICE, "connection": server.psycopg, **given}


def setting(server: Server, name: str) -> str:
    [(value,)] = server.ask("SELECT current_setting(%s)", name)
    return str(value)


def started(server: Server) -> Any:
    return server.ask("SELECT pg_postmaster_start_time()")


@pytest.mark.parametrize("way", ["psql", "psycopg"])
def test_settings_come_into_force_once(trial: Trial, server: Server, files: Path, way: str) -> None:
    """Dry shows the file and what is in force; without a restart; again, nothing changes."""
    settings = {"work_mem": "64MB", "log_line_prefix": "%m [%p] 'é' \\ ", "log_lock_waits": True,
                "random_page_cost": 1.1, "log_directory": r"C:\pgsql\logs"}  # fmt: skip
    given = options(server, connection=getattr(server, way))
    began = started(server)

    dry = trial.dry(postgresql.configuration, settings, **given)
    assert f"Will create file {MINE}" in dry.output
    assert "+include_dir 'conf.d'" in dry.output
    assert "4096kB" in dry.output
    assert not (files / "conf.d" / "prefect.conf").exists()

    assert trial.run(postgresql.configuration, settings, **given).changed
    assert setting(server, "work_mem") == "64MB"
    assert setting(server, "log_line_prefix") == "%m [%p] 'é' \\ "
    assert setting(server, "random_page_cost") == "1.1"
    assert setting(server, "log_lock_waits") == "on"
    assert started(server) == began
    written = (files / "conf.d" / "prefect.conf").read_bytes()
    assert written.startswith(b"#")
    assert b"log_directory = 'C:/pgsql/logs'\r\n" in written
    again = trial.run(postgresql.configuration, settings, **given)
    assert not again.changed
    assert "as wanted" in again.output


def test_a_restart_where_a_setting_needs_it(trial: Trial, server: Server, files: Path) -> None:
    """Once, after its work is finished; what else there is needs none."""
    began = started(server)
    drained: list[object] = []

    @contextmanager
    def drain(host: object) -> Iterator[None]:
        drained.append(started(server))
        yield

    settings = {"max_connections": 33, "shared_buffers": "64MB"}

    dry = trial.dry(postgresql.configuration, settings, **options(server))
    assert "33 (after a restart)" in dry.output
    given = options(server, drains={SERVICE: drain})
    assert trial.run(postgresql.configuration, settings, **given).changed
    assert (setting(server, "max_connections"), setting(server, "shared_buffers")) == ("33", "64MB")
    assert started(server) != began
    assert drained == [began]

    began = started(server)
    more = {**settings, "work_mem": "5MB"}
    assert trial.run(postgresql.configuration, more, **given).changed
    assert len(drained) == 1
    assert setting(server, "work_mem") == "5MB"
    assert started(server) == began
    assert not trial.run(postgresql.configuration, more, **options(server)).changed


def test_without_a_service_a_needed_restart_is_left_to_others(
    trial: Trial, server: Server, files: Path
) -> None:
    """It is said each time, until somebody did it."""
    began = started(server)
    given = options(server, service=None)

    tried = trial.run(postgresql.configuration, {"max_connections": 44}, **given)

    said = messages.RESTART_NEEDED.text(host="@lab/trial", names="max_connections")
    assert said in tried.output
    assert not tried.failed
    assert started(server) == began
    assert said in trial.run(postgresql.configuration, {"max_connections": 44}, **given).output
    assert trial.run(postgresql.configuration, {"max_connections": 44}, **options(server)).changed
    assert setting(server, "max_connections") == "44"


def test_a_port_that_changes_is_followed(trial: Trial, server: Server, files: Path) -> None:
    """The server is found where it listens now, and asked where it listens then."""
    other = lab_postgresql.free_port()
    given = options(server, connection=replace(server.psycopg, port=other))

    assert trial.run(postgresql.configuration, {"port": other}, **given).changed
    assert replace_port(server, other).ask("SELECT current_setting('port')") == [(str(other),)]
    assert not trial.run(postgresql.configuration, {"port": other}, **given).changed

    back = options(server)
    assert trial.run(postgresql.configuration, {"port": server.port}, **back).changed
    assert setting(server, "port") == str(server.port)


def replace_port(server: Server, port: int) -> Server:
    return Server(server.lab, port)


@pytest.mark.parametrize(
    ("file", "spoil"),
    [
        ("conf.d/prefect.conf", lambda text: text.replace("6MB", "7MB")),
        ("conf.d/prefect.conf", lambda text: text.replace("work_mem", "#work_mem")),
        ("conf.d/prefect.conf", lambda text: text + "work_mem = '8MB'\r\n"),
        ("conf.d/prefect.conf", lambda text: "\ufeff" + text),
        ("conf.d/prefect.conf", lambda text: text + "nonsense\r\n"),
        ("conf.d/prefect.conf", lambda _: ""),
        (
            "postgresql.conf",
            lambda text: text.replace("include_dir 'conf.d'", "#include_dir 'conf.d'"),
        ),
    ],
)
@pytest.mark.parametrize("loaded", [True, False])
def test_what_is_spoilt_of_the_settings_is_found_and_mended(
    trial: Trial, server: Server, files: Path, file: str, spoil: Any, loaded: bool
) -> None:
    """In either file, whether the server has read it or not."""
    settings = {"work_mem": "6MB"}
    trial.run(postgresql.configuration, settings, **options(server))
    before = (files / file).read_bytes()
    (files / file).write_bytes(spoil(before.decode()).encode())
    if loaded:
        server.do("SELECT pg_reload_conf()")
        time.sleep(0.3)

    dry = trial.dry(postgresql.configuration, settings, **options(server))
    assert dry.will_change
    assert "Will change file" in dry.output
    assert trial.run(postgresql.configuration, settings, **options(server)).changed

    assert (files / file).read_bytes() == before or file == "postgresql.conf"
    assert setting(server, "work_mem") == "6MB"
    assert not trial.run(postgresql.configuration, settings, **options(server)).changed


def test_files_that_the_server_has_not_read_are_read(
    trial: Trial, server: Server, files: Path
) -> None:
    """A run that ended between writing and reading is made up for."""
    trial.run(postgresql.configuration, {"work_mem": "6MB"}, **options(server))
    path = files / "conf.d" / "prefect.conf"
    wanted = path.read_text().replace("6MB", "9MB")
    path.write_text(wanted, newline="")
    later(path)

    assert setting(server, "work_mem") == "6MB"
    assert trial.run(postgresql.configuration, {"work_mem": "9MB"}, **options(server)).changed
    assert setting(server, "work_mem") == "9MB"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"work_men": "6MB"}, messages.UNKNOWN_SETTINGS.text(
            host="@lab/trial", names="work_men (did you mean work_mem?)")),
        ({"max_connections": "banana"}, messages.BAD_SETTING.text(
            host="@lab/trial", name="max_connections", reason="'banana' is no number")),
        ({"shared_buffers": "1kB"}, "not in its range"),
        ({"server_version": "16"}, "it can only be read"),
        ({"wal_level": "most"}, "none of minimal, replica, logical"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_named_before_anything_is_written(
    trial: Trial, server: Server, files: Path, settings: Any, said: str
) -> None:
    """Dry already says so."""
    for attempt in trial.dry, trial.run:
        tried = attempt(postgresql.configuration, settings, **options(server))
        assert tried.failed
        assert said in tried.output
    assert not (files / "conf.d" / "prefect.conf").exists()


def test_a_value_that_the_server_refuses_is_taken_back(
    trial: Trial, server: Server, files: Path
) -> None:
    """Before it was told to read it; the other settings stay as they were."""
    trial.run(postgresql.configuration, {"work_mem": "6MB"}, **options(server))
    before = (files / "conf.d" / "prefect.conf").read_bytes()
    began, loaded = started(server), server.ask("SELECT pg_conf_load_time()")

    bad = {"work_mem": "7MB", "timezone": "Nowhere/Land", "max_connections": 55}
    tried = trial.run(postgresql.configuration, bad, **options(server))

    assert tried.failed
    assert messages.REFUSED.remedy in tried.output
    assert "timezone = 'Nowhere/Land'" in tried.output
    assert "max_connections = " not in tried.output
    assert (files / "conf.d" / "prefect.conf").read_bytes() == before
    assert setting(server, "work_mem") == "6MB"
    assert (started(server), server.ask("SELECT pg_conf_load_time()")) == (began, loaded)


def test_a_value_that_the_server_does_not_start_with_is_taken_back(
    trial: Trial, server: Server, files: Path
) -> None:
    """No server knows beforehand; it runs again, with the files as they were."""
    trial.run(postgresql.configuration, {"work_mem": "6MB"}, **options(server))
    before = (files / "conf.d" / "prefect.conf").read_bytes()

    bad = {"work_mem": "7MB", "listen_addresses": "203.0.113.7"}
    tried = trial.run(postgresql.configuration, bad, **options(server, start_seconds=15))

    assert tried.failed
    said = messages.RESTART_UNDONE.text(host="@lab/trial", names="listen_addresses")
    assert said in tried.output
    assert (files / "conf.d" / "prefect.conf").read_bytes() == before
    assert setting(server, "work_mem") == "6MB"
    assert trial.lab.service(SERVICE)["state"] == 4


def test_a_server_that_does_not_start_again_either(
    trial: Trial, server: Server, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Because of something else that came between."""
    main, put_back = files / "postgresql.conf", PostgresqlServer.put_back

    def break_it(*given: Any) -> None:
        put_back(*given)
        main.write_bytes(main.read_bytes() + b"nonsense = 1\n")

    monkeypatch.setattr(PostgresqlServer, "put_back", break_it)
    bad = {"listen_addresses": "203.0.113.7"}
    tried = trial.run(postgresql.configuration, bad, **options(server, start_seconds=15))

    assert messages.STAYS_DOWN.text(host="@lab/trial") in tried.output
    assert trial.lab.service(SERVICE)["state"] == 1


def test_a_server_that_does_not_read_its_files_in_time(
    trial: Trial, server: Server, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are put back, and so are the settings, when it comes to it."""
    monkeypatch.setattr("winfra.postgresql_server.RELOAD_SECONDS", 0)

    tried = trial.run(postgresql.configuration, {"work_mem": "6MB"}, **options(server))

    assert messages.NOT_RELOADED.text(host="@lab/trial", seconds=0) in tried.output
    assert not (files / "conf.d" / "prefect.conf").exists()
    # It may have read the file in between; then it is told to read again.
    end = time.monotonic() + 30
    while setting(server, "work_mem") != "4MB" and time.monotonic() < end:
        time.sleep(0.1)
    assert setting(server, "work_mem") == "4MB"


def test_a_value_that_the_server_changes_is_named(
    trial: Trial, server: Server, files: Path
) -> None:
    """It takes four pages at least, and says so nowhere else."""
    tried = trial.run(postgresql.configuration, {"wal_buffers": "8kB"}, **options(server))

    said = messages.NOT_IN_FORCE.text(host="@lab/trial", names="wal_buffers is 32kB")
    assert tried.failed
    assert said in tried.output
    assert setting(server, "wal_buffers") == "32kB"


def test_a_port_in_use_is_taken_back(trial: Trial, server: Server, files: Path) -> None:
    """And the server runs on its own port again."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = options(server, start_seconds=15)
        tried = trial.run(postgresql.configuration, {"port": port}, **given)

    assert tried.failed
    assert messages.RESTART_UNDONE.remedy in tried.output
    assert setting(server, "port") == str(server.port)


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("postgresql.auto.conf", "postgresql.auto.conf, line 1"),
        ("conf.d/zz.conf", "zz.conf, line 1"),
        ("postgresql.conf", "postgresql.conf, line"),
    ],
)
def test_what_counts_more_is_named(
    trial: Trial, server: Server, files: Path, place: str, where: str
) -> None:
    """Another value behind ours; the same one is no matter."""
    settings = {"work_mem": "6MB"}
    trial.run(postgresql.configuration, settings, **options(server))
    kept = (files / place).read_text() if (files / place).exists() else ""
    (files / place).write_text(kept + "work_mem = 6144\n")
    assert not trial.dry(postgresql.configuration, settings, **options(server)).failed

    (files / place).write_text(kept + "work_mem = 1234\n")
    tried = trial.dry(postgresql.configuration, settings, **options(server))

    assert tried.failed
    assert messages.OVERRIDDEN.remedy in tried.output
    assert where in tried.output.replace("\\", "/")


def test_what_others_broke_is_named(trial: Trial, server: Server, files: Path) -> None:
    """The server would read nothing anew: nothing is written."""
    with (files / "postgresql.conf").open("a") as file:
        file.write("nonsense = 1\n")

    tried = trial.run(postgresql.configuration, {"work_mem": "6MB"}, **options(server))

    assert messages.BROKEN.remedy in tried.output
    assert "unrecognized configuration parameter" in tried.output
    assert not (files / "conf.d" / "prefect.conf").exists()


def test_a_full_disk_leaves_everything_as_it_was(
    trial: Trial, server: Server, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written before is put back."""
    put = trial.host.put_file

    def full(source: Any, path: str, *given: Any, **options: Any) -> bool:
        return not path.endswith("postgresql.conf") and put(source, path, *given, **options)

    before = (files / "postgresql.conf").read_bytes()
    monkeypatch.setattr(trial.host, "put_file", full)
    tried = trial.run(postgresql.configuration, {"work_mem": "6MB"}, **options(server))

    assert tried.failed
    assert (files / "postgresql.conf").read_bytes() == before
    assert not (files / "conf.d" / "prefect.conf").exists()
    assert setting(server, "work_mem") == "4MB"


def test_a_folder_that_is_not_the_servers(trial: Trial, server: Server, files: Path) -> None:
    """The server does not read what is written there; it is taken away again."""
    other = trial.lab.path(r"D:\other")
    other.mkdir()
    (other / "postgresql.conf").write_text("# another\n")

    given = options(server, data=r"D:\other")
    tried = trial.run(postgresql.configuration, {"work_mem": "6MB"}, **given)

    assert (
        messages.NOT_READ.problem.format(host="@lab/trial", path=r"D:\other\conf.d\prefect.conf")
        in tried.output
    )
    assert not (other / "conf.d" / "prefect.conf").exists()
    assert (other / "postgresql.conf").read_text() == "# another\n"


def test_a_folder_without_a_cluster_and_a_server_that_is_stopped(
    trial: Trial, server: Server, files: Path
) -> None:
    """Dry, both may be yet to come; for good, each is named."""
    nowhere = options(server, data=r"D:\nothing")
    stopped = options(server, connection=replace(server.psycopg, port=1), data=r"D:\nothing")
    assert trial.dry(postgresql.configuration, {"work_mem": "6MB"}, **stopped).will_change
    assert (
        messages.NO_CLUSTER.remedy
        in trial.run(postgresql.configuration, {"work_mem": "6MB"}, **nowhere).output
    )
    lab_postgresql.stop(trial.lab)

    tried = trial.run(postgresql.configuration, {"work_mem": "6MB"}, **options(server))

    assert sentences.NO_SERVER.remedy in tried.output
    assert not (files / "conf.d" / "prefect.conf").exists()


@pytest.mark.parametrize(
    ("settings", "file"),
    [
        ({"work mem": 1}, "a.conf"),
        ({"include": "x"}, "a.conf"),
        ({"work_mem": 1, "WORK_MEM": 2}, "a.conf"),
        ({"log_line_prefix": "\x00"}, "a.conf"),
        ({"random_page_cost": float("inf")}, "a.conf"),
        ({"work_mem": 1}, ".conf"),
        ({"work_mem": 1}, "a.txt"),
        ({"work_mem": 1}, "b/a.conf"),
    ],
)
def test_arguments_are_refused_before_a_host_is_asked(settings: Any, file: str) -> None:
    """Names, values and the file's name."""
    with no_host(), pytest.raises(OperationValueError) as refused:
        list(
            postgresql.configuration._inner(settings, data=DATA, connection=Connection(), file=file)
        )

    assert messages.ARGUMENT.remedy in str(refused.value)

r"""What the fact says of scheduled tasks; the lab's files are what it reads."""

import shutil

from tests.trial import Trial
from winfra.facts.scheduled_tasks import Task

FOLDER = r"C:\Windows\System32\Tasks"
XML = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Principals><Principal><UserId>S-1-5-18</UserId></Principal></Principals>
  <Actions><Exec><Command>D:\\\u00fcber.exe</Command></Exec></Actions>
</Task>"""


def test_a_task_and_none(trial: Trial) -> None:
    """By its full name; one that is not there, or its folder, is None."""
    file = trial.lab.path(FOLDER + r"\Prefect\Clean")
    file.parent.mkdir(parents=True)
    file.write_bytes(XML.encode("utf-16"))
    try:
        found = trial.fact(Task, task=r"\Prefect\Clean")
        assert found["command"] == "D:\\\u00fcber.exe"
        assert found["account"] == "S-1-5-18"
        assert trial.fact(Task, task=r"\Prefect\Other") is None
        assert trial.fact(Task, task=r"\Nothing\Clean") is None
        assert trial.fact(Task, task=r"\Clean") is None
    finally:
        shutil.rmtree(trial.lab.path(FOLDER))

"""What facts say of drives; the lab's state is the witness."""

from tests.trial import Trial
from winfra.facts.drives import Drives


def test_drives_are_described(trial: Trial) -> None:
    """By their letters."""
    disks = {disk["DeviceID"]: disk for disk in trial.lab.read_state("disks")}

    found = trial.fact(Drives)

    assert found.keys() == disks.keys()
    for letter, disk in disks.items():
        assert found[letter] == {
            "kind": "fixed",
            "format": "NTFS",
            "label": disk["VolumeName"],
            "size": disk["Size"],
            "free": disk["FreeSpace"],
            "temporary": False,
        }


def test_other_drives_are_told_apart(trial: Trial) -> None:
    """An empty optical drive; a cloud's temporary disk, by its label or by the warning on it."""
    stored = trial.lab.read_state("disks")
    optical = {"DeviceID": "E:", "DriveType": 5}
    temporary = {**stored[0], "DeviceID": "T:", "VolumeName": "Temporary Storage"}
    trial.lab.write_state("disks", [*stored, optical, temporary])
    trial.lab.path(r"D:\DATALOSS_WARNING_README.txt").write_text("")

    found = trial.fact(Drives)

    trial.lab.write_state("disks", stored)
    expected = {"kind": "optical", "format": "", "label": "", "size": 0, "free": 0}
    assert found["E:"] == {**expected, "temporary": False}
    marked = {letter: drive["temporary"] for letter, drive in found.items()}
    assert marked == {"C:": False, "D:": True, "E:": False, "T:": True}

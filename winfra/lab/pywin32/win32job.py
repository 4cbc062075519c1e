"""win32job: jobs."""

from __future__ import annotations

import os
from typing import Any

from pywintypes import check_attributes, error

from winfra.lab.win32 import handles, jobs
from winfra.lab.win32.errors import (
    ACCESS_DENIED,
    INVALID_HANDLE,
    INVALID_PARAMETER,
    error as refusal,
)
from winfra.lab.win32.handles import CURRENT_PROCESS, PyHANDLE
from winfra.lab.win32.jobs import Job
from winfra.lab.win32.processes import STILL_ACTIVE, Process

JOB_OBJECT_LIMIT_WORKINGSET, JOB_OBJECT_LIMIT_PROCESS_TIME = 0x1, 0x2
JOB_OBJECT_LIMIT_JOB_TIME, JOB_OBJECT_LIMIT_ACTIVE_PROCESS = 0x4, 0x8
JOB_OBJECT_LIMIT_AFFINITY, JOB_OBJECT_LIMIT_PRIORITY_CLASS = 0x10, 0x20
JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME, JOB_OBJECT_LIMIT_SCHEDULING_CLASS = 0x40, 0x80
JOB_OBJECT_LIMIT_PROCESS_MEMORY, JOB_OBJECT_LIMIT_JOB_MEMORY = 0x100, 0x200
JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_OBJECT_LIMIT_BREAKAWAY_OK = 0x400, 0x800
JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x1000, 0x2000
JOB_OBJECT_BASIC_LIMIT_VALID_FLAGS, JOB_OBJECT_EXTENDED_LIMIT_VALID_FLAGS = 0xFF, 0x7FFF
JobObjectBasicAccountingInformation, JobObjectBasicLimitInformation = 1, 2
JobObjectBasicProcessIdList, JobObjectBasicUIRestrictions = 3, 4
JobObjectSecurityLimitInformation, JobObjectEndOfJobTimeInformation = 5, 6
JobObjectAssociateCompletionPortInformation, JobObjectBasicAndIoAccountingInformation = 7, 8
JobObjectExtendedLimitInformation, JobObjectJobSetInformation = 9, 10
UNICODE = True

# Their names and what they hold at first.
_BASIC = {
    "PerProcessUserTimeLimit": 0, "PerJobUserTimeLimit": 0, "LimitFlags": 0,
    "MinimumWorkingSetSize": 0, "MaximumWorkingSetSize": 0, "ActiveProcessLimit": 0, "Affinity": 0,
    "PriorityClass": 0, "SchedulingClass": 5,
}  # fmt: skip
_COUNTERS = {
    "ReadOperationCount": 0, "WriteOperationCount": 0, "OtherOperationCount": 0,
    "ReadTransferCount": 0, "WriteTransferCount": 0, "OtherTransferCount": 0,
}  # fmt: skip
_EXTENDED: dict[str, Any] = {
    "BasicLimitInformation": _BASIC, "IoInfo": _COUNTERS, "ProcessMemoryLimit": 0,
    "JobMemoryLimit": 0, "PeakProcessMemoryUsed": 0, "PeakJobMemoryUsed": 0,
}  # fmt: skip


def CreateJobObject(jobAttributes: Any, name: str, /) -> PyHANDLE:
    inheritable = check_attributes(jobAttributes)
    if not isinstance(name, str):
        raise TypeError("The object is not a string")
    if name:
        raise NotImplementedError("the lab's jobs have no names")
    return handles.new(Job(), inheritable=inheritable)


def AssignProcessToJobObject(hJob: Any, hProcess: Any, /) -> None:
    function = "AssignProcessToJobObject"
    job = handles.find(hJob, Job, function)
    if handles.number(hProcess) == CURRENT_PROCESS:
        process = Process(os.getpid(), is_child=False)
        job.assign(process)
        process.close()
        return
    process = handles.find(hProcess, Process, function)
    if process.exit_code() != STILL_ACTIVE:
        raise refusal(ACCESS_DENIED, function)
    job.assign(process)


def TerminateJobObject(hJob: Any, exitCode: int, /) -> None:
    job = handles.find(hJob, Job, "TerminateJobObject")
    if not -(2**31) <= exitCode < 2**31:
        raise OverflowError("signed integer is greater than maximum")
    job.terminate(exitCode)


def IsProcessInJob(hProcess: Any, hJob: Any, /) -> bool:
    function = "IsProcessInJob"
    if handles.number(hProcess) == CURRENT_PROCESS:
        pid = os.getpid()
    else:
        pid = handles.find(hProcess, Process, function).pid
    names = jobs.names_of(pid)
    return bool(names) if hJob is None else handles.find(hJob, Job, function).name in names


def QueryInformationJobObject(Job_: Any, JobObjectInfoClass: int, /) -> Any:
    job = _asked(Job_)
    if JobObjectInfoClass == JobObjectBasicAccountingInformation:
        return _accounting(job)
    if JobObjectInfoClass == JobObjectBasicAndIoAccountingInformation:
        return {"BasicInfo": _accounting(job), "IoInfo": {**_COUNTERS}}
    if JobObjectInfoClass == JobObjectBasicProcessIdList:
        return tuple(sorted(job.members()))
    if JobObjectInfoClass in {JobObjectBasicLimitInformation, JobObjectExtendedLimitInformation}:
        limits: dict[str, Any] = job.limits or _EXTENDED
        basic = {**limits["BasicLimitInformation"], "LimitFlags": job.flags}
        if JobObjectInfoClass == JobObjectBasicLimitInformation:
            return {**basic, "LimitFlags": job.flags & JOB_OBJECT_BASIC_LIMIT_VALID_FLAGS}
        return {**limits, "BasicLimitInformation": basic, "IoInfo": {**_COUNTERS}}
    raise NotImplementedError(f"Job information class {JobObjectInfoClass} is not supported yet")


def SetInformationJobObject(
    Job_: Any, JobObjectInfoClass: int, JobObjectInfo: dict[str, Any], /
) -> None:
    function = "SetInformationJobObject"
    if not isinstance(JobObjectInfo, dict):
        raise TypeError("SetInformationJobObject() argument 3 must be dict")
    if JobObjectInfoClass == JobObjectBasicLimitInformation:
        limits, valid = {**_EXTENDED, "BasicLimitInformation": JobObjectInfo}, 0xFF
    elif JobObjectInfoClass == JobObjectExtendedLimitInformation:
        limits, valid = JobObjectInfo, JOB_OBJECT_EXTENDED_LIMIT_VALID_FLAGS
    else:
        raise NotImplementedError(
            f"Job information class {JobObjectInfoClass} is not supported yet"
        )
    _check(limits, _EXTENDED, "JOBOBJECT_EXTENDED_LIMIT_INFORMATION")
    basic = limits["BasicLimitInformation"]
    _check(basic, _BASIC, "JOBOBJECT_BASIC_LIMIT_INFORMATION")
    job = handles.find(Job_, Job, function)
    if basic["LimitFlags"] & ~valid:
        raise refusal(INVALID_PARAMETER, function)
    job.limits, job.flags = {**limits}, basic["LimitFlags"]
    job.write()


def _asked(handle: Any) -> Job:
    function = "QueryInformationJobObject"
    if handle is not None:
        return handles.find(handle, Job, function)
    names = jobs.own()
    if not names:
        raise refusal(ACCESS_DENIED, function)
    found = next((job for job in jobs.known() if job.name == names[-1]), None)
    if found is None:
        raise refusal(INVALID_HANDLE, function)
    return found


def _accounting(job: Job) -> dict[str, int]:
    times = dict.fromkeys(
        (
            "TotalUserTime",
            "TotalKernelTime",
            "ThisPeriodTotalUserTime",
            "ThisPeriodTotalKernelTime",
        ),
        0,
    )
    active = len(job.members())
    return {
        **times, "TotalPageFaultCount": 0, "TotalProcesses": max(job.total, active),
        "ActiveProcesses": active, "TotalTerminatedProcesses": 0,
    }  # fmt: skip


def _check(given: Any, wanted: dict[str, Any], name: str) -> None:
    """All keys and no other: pywin32 takes them for keyword arguments."""
    if not isinstance(given, dict):
        raise TypeError(f"{name} must be a dict")
    for position, key in enumerate(wanted, 1):
        if key not in given:
            raise TypeError(f"{name}() missing required argument '{key}' (pos {position})")
    for key in given:
        if key not in wanted:
            raise TypeError(f"'{key}' is an invalid keyword argument for {name}()")


__all__ = [name for name in dir() if name[:1] != "_" and name[0].isupper()] + ["error"]

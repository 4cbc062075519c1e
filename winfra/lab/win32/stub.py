"""What a new process is before it becomes its program: ``stub.py GATE INTERRUPTS GROUP CONSOLE FOLDER FILE ARGUMENT …``.

+ GATE: a file that says when to go on, of a process that was made suspended; -1: at once
+ INTERRUPTS: ``ignore``: Ctrl-C does not reach it
+ GROUP: ``group``: it is the first of a new process group
+ CONSOLE: ``console``: it gets a new one

Run by its path, without the rest of the lab: it is paid for at each start.
"""

import os
import resource
import signal
import sys


def main(argv: list[str]) -> None:
    gate, interrupts, group, console, folder, program, *arguments = argv
    handler = signal.SIG_IGN if interrupts == "ignore" else signal.SIG_DFL
    signal.signal(signal.SIGINT, handler)
    os.setsid()
    if int(gate) >= 0:
        wait(int(gate))
    if group == "group":
        os.environ["WINFRA_LAB_GROUP"] = str(os.getpid())
    if console == "console":
        os.environ["WINFRA_LAB_CONSOLE_ID"] = f"{os.getpid()}-0"
    # Python ignores them, and a program would inherit that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    # Ctrl-Break is SIGQUIT in the lab.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(folder)
    os.execv(program, [program, *arguments])


def wait(gate: int) -> None:
    """Wait until the maker says ``go``; before that it says which jobs the process is put into."""
    jobs = os.environ.get("WINFRA_LAB_JOB", "").split(";")
    dies = False
    with os.fdopen(gate) as lines:
        for line in lines:
            word, _, value = line.strip().partition(" ")
            if word == "go":
                return
            if word == "job":
                jobs.append(value)
                os.environ["WINFRA_LAB_JOB"] = ";".join(filter(None, jobs))
            dies = dies or word == "dies"
    # The maker ended: suspended for ever, unless a job ends it.
    if dies:
        os._exit(1)
    os.kill(os.getpid(), signal.SIGSTOP)


if __name__ == "__main__":
    main(sys.argv[1:])

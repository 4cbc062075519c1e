"""``python.exe -I service_host run CONFIGURATION``: a program of any kind as a service of Windows.

+ ``run``: as the service's image; the control manager starts it
+ ``check``: the same for a service that is made for one command and removed afterwards
+ ``digests``: what a service would be started from now, as JSON; ``-`` for a configuration that is
  read from standard input

The control manager gives a service 30 seconds to answer, so nothing slow is imported before.
"""  # noqa: INP001  a folder that is run, with a package inside

import sys

# Nobody who runs this leaves files in a folder that services only read.
sys.dont_write_bytecode = True

USAGE = "use: python.exe -I service_host run|check|digests CONFIGURATION\n"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in {"run", "check", "digests"}:
        if sys.stderr is not None:
            sys.stderr.write(USAGE)
        return 2
    mode, configuration = arguments
    if mode == "digests":
        from hosting.digests import show

        return show(configuration)
    from hosting.dispatch import dispatch

    return dispatch(mode, configuration)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

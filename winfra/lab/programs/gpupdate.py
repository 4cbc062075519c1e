"""gpupdate.exe: a refresh of group policy; of what policy sets, the lab knows user rights."""

from __future__ import annotations

from winfra.lab import console, resolve, rights

OPTIONS = ("/force", "/logoff", "/boot", "/sync")


def main(argv: list[str]) -> int:
    words = [word.lower() for word in argv]
    targets = [word.partition(":")[2] for word in words if word.startswith("/target:")]
    known = [word for word in words if word in OPTIONS or word.startswith(("/target:", "/wait:"))]
    if known != words or any(target not in {"computer", "user"} for target in targets):
        console.complain('ERROR: Invalid argument/option.\nType "GPUPDATE /?" for usage.\n')
        return 1
    lab = console.lab()
    console.write("Updating policy...\n\n")
    if targets != ["user"]:
        if not resolve.directory(lab).reachable:
            console.write(
                "Computer policy could not be updated successfully. The following errors were "
                "encountered:\n\nThe processing of Group Policy failed because of lack of network "
                "connectivity to a domain controller.\n"
            )
            return 1
        rights.refresh(lab, resolve.names(lab))
        console.write("Computer Policy update has completed successfully.\n")
    if targets != ["computer"]:
        console.write("User Policy update has completed successfully.\n\n")
    return 0

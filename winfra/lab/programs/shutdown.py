"""shutdown.exe: restarts the machine, switches it off, or calls that off."""

from __future__ import annotations

from winfra.lab.console import ask_daemon, complain

USAGE = "Usage: shutdown [/i | /l | /s | /r | /g | /a | /p | /h | /e | /o] [/f] [/m \\\\computer][/t xxx]\n"
DEFAULT_SECONDS = 30
INVALID_PARAMETER = 87
MESSAGES = {
    1115: "A system shutdown is in progress.(1115)\n",
    1116: "Unable to abort the system shutdown because no shutdown was in progress.(1116)\n",
    1190: "A system shutdown has already been scheduled.(1190)\n",
}


def main(argv: list[str]) -> int:
    try:
        verb, seconds = _parse(argv)
    except ValueError:
        complain(USAGE)
        return INVALID_PARAMETER
    if verb == "a":
        code = int(ask_daemon("abort"))
    else:
        code = int(ask_daemon("reboot", seconds=seconds, restart=verb in {"r", "g"}))
    complain(MESSAGES.get(code, ""))
    return code


def _parse(argv: list[str]) -> tuple[str, float]:
    verb = ""
    seconds: float = DEFAULT_SECONDS
    words = iter(argv)
    for word in words:
        option = word[1:].lower()
        if word[:1] not in {"/", "-"}:
            raise ValueError(word)
        if option in {"r", "s", "a", "g", "p"}:
            if verb:
                raise ValueError(word)
            verb = option
        elif option == "t":
            seconds = int(next(words, ""))
        elif option in {"c", "d"}:
            next(words, "")
        elif option not in {"f", "hybrid", "soft"}:
            raise ValueError(word)
    if not verb or not 0 <= seconds <= 315360000:
        raise ValueError(verb)
    return verb, 0.0 if verb == "p" else float(seconds)

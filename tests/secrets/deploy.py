"""Every way to give a secret to something that runs on the host."""

import os
from collections.abc import Generator
from io import StringIO
from pathlib import Path

from pyinfra.api import operation
from pyinfra.api.hiddenvalue import HiddenValue

from winfra.operations import accounts, files, powershell
from winfra.script import Script


def hidden(name: str) -> HiddenValue:
    return HiddenValue(os.environ[name])


@operation()
def use(secret: HiddenValue, plain: str) -> Generator[Script]:
    script = Path(__file__).with_name("use.ps1")
    yield Script(script, Secret=secret, Plain=plain, Path=r"D:\own.txt")


use(
    name="A parameter and the environment",
    secret=hidden("PARAMETER"),
    plain=os.environ["PLAIN"],
    _env={"TOKEN": hidden("ENVIRONMENT")},
)
files.template(
    name="A template",
    src=StringIO("key={{ key }}\n"),
    dest=r"D:\settings.env",
    key=hidden("TEMPLATE"),
)
powershell.script(
    name="A user's text, its parameters, environment and input",
    text=f"""
        param([securestring] $Secret, [string] $Plain)
        $lines = @($input)
        Set-Content -LiteralPath D:\\user.txt -Value {os.environ["TEXT"]!r}.Length, $lines[0].Length
        $credential = New-Object Net.NetworkCredential '', $Secret
        Add-Content -LiteralPath D:\\user.txt -Value $credential.Password.Length, $env:TOKEN.Length
        $Plain
    """,
    unless=f"{os.environ['TEXT']!r} -eq ''",
    parameters={"Secret": hidden("USER_PARAMETER"), "Plain": os.environ["PLAIN"]},
    _env={"TOKEN": hidden("ENVIRONMENT")},
    _stdin=os.environ["INPUT"],
)
accounts.user(
    name="An account's password, which the next run tries",
    user="svc_prefect",
    password=hidden("ACCOUNT"),
)

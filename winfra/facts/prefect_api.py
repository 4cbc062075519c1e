"""Facts that Prefect's REST API tells; each takes a ``winfra.prefect_api.Api``."""

from __future__ import annotations

from typing import Any

from winfra.fact import WindowsFact
from winfra.prefect_api import UNSEEN, Api, Login, Request, read


class Answer(WindowsFact[Any]):
    """
    Returns what the API says, a JSON value:

    .. code:: python

        host.get_fact(Answer, api=api, path="work_pools/local-pool")
        host.get_fact(Answer, api=api, path="work_pools/local-pool/workers/filter", body={})

    With ``absent=True`` it is ``None`` where there is no such thing, or no server yet.
    """

    def command(self, api: Api, path: str, body: Any = None, absent: bool = False) -> Request:
        return read(api, path, body, tolerated=UNSEEN if absent else ())


class LoginRefused(WindowsFact[bool]):
    """Returns whether a server answers and refuses the login, as one does until it has the new one."""

    def command(self, api: Api) -> Login:
        return Login(api)

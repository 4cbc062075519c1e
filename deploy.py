"""The guide's table of contents: each section in its order, on the hosts whose role it concerns."""

from tasks.postgresql import postgresql_server
from tasks.preflight import preflight
from tasks.service_account import service_account
from winfra.site import on

preflight()

if on("server", "workers"):
    service_account()

if on("database"):
    postgresql_server()

"""The guide's table of contents: each section in its order, on the hosts whose role it concerns."""

from tasks.first_flow import first_flow
from tasks.new_secrets import new_secrets
from tasks.postgresql import postgresql_server
from tasks.prefect import prefect_packages
from tasks.preflight import preflight
from tasks.python import python_interpreter
from tasks.server import prefect_server
from tasks.service_account import service_account
from tasks.settings import prefect_settings
from tasks.summary import summary
from tasks.work_pool import work_pool
from tasks.worker import prefect_worker
from winfra.site import on

preflight()

if on("server", "workers"):
    new_secrets()
    service_account()

if on("database"):
    postgresql_server()

if on("server", "workers"):
    python_interpreter()
    prefect_packages()
    prefect_settings()

if on("server"):
    prefect_server()
    work_pool()

if on("workers"):
    prefect_worker()

if on("server", "workers"):
    first_flow()

summary()

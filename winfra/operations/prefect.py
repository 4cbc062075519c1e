"""
The prefect module handles what is Prefect's own on a host.

It does without Prefect on the control machine: it reads the host's, and asks Prefect's API.
"""

from __future__ import annotations

from winfra.operations import (
    prefect_database,
    prefect_deployment,
    prefect_flow_run,
    prefect_login,
    prefect_proof,
    prefect_settings,
    prefect_verification,
    prefect_work_pool,
    prefect_worker,
)

database = prefect_database.database
deployment = prefect_deployment.deployment
flow_run = prefect_flow_run.flow_run
new_login = prefect_login.new_login
no_own_database = prefect_proof.no_own_database
no_variables = prefect_settings.no_variables
ready = prefect_worker.ready
run_stored = prefect_proof.run_stored
settings = prefect_settings.settings
verified = prefect_verification.verified
worker_drain = prefect_worker.worker_drain
worker_online = prefect_worker.worker_online
work_pool = prefect_work_pool.work_pool

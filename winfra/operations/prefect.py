"""
The prefect module handles what is Prefect's own on a host.

It does without Prefect on the control machine: it reads the host's, and asks Prefect's API.
"""

from __future__ import annotations

from winfra.operations import (
    prefect_database,
    prefect_deployment,
    prefect_flow_run,
    prefect_proof,
    prefect_secrets,
    prefect_settings,
    prefect_verification,
    prefect_work_pool,
    prefect_worker,
)

database = prefect_database.database
deployment = prefect_deployment.deployment
flow_run = prefect_flow_run.flow_run
new_secrets = prefect_secrets.new_secrets
no_own_database = prefect_proof.no_own_database
no_variables = prefect_settings.no_variables
pool_goes_on = prefect_worker.pool_goes_on
ready = prefect_worker.ready
run_stored = prefect_proof.run_stored
settings = prefect_settings.settings
verified = prefect_verification.verified
worker_drain = prefect_worker.worker_drain
worker_online = prefect_worker.worker_online
work_pool = prefect_work_pool.work_pool

"""What can be wrong with a work pool of Prefect's."""

from __future__ import annotations

from winfra.messages import Message

RESERVED = Message(
    "prefect_pool_reserved",
    "work_pool: {work_pool!r} begins with prefect, and such pools are Prefect's own",
    "Choose another name, such as local-pool",
)
BAD_LIMIT = Message(
    "prefect_pool_limit",
    "concurrency_limit is {value!r}",
    "Give the number of runs that the pool may have at once, 0 for none, or -1 for any number",
)
OTHER_TYPE = Message(
    "prefect_pool_type",
    "work pool {work_pool} is of type {found}, which cannot be changed to {wanted}",
    "Give the pool another name, or delete it in Prefect with what is deployed to it",
)
NO_VARIABLE = Message(
    "prefect_pool_variable",
    "the jobs of work pool {work_pool} have no variable {name}: they have {known}",
    "Correct the name, or add it to the pool's job template in Prefect",
)

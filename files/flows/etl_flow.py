"""A first flow of three tasks, each of which says in the log of the run what it does.

Run it here and now with ``python etl_flow.py``; ``register.py`` gives it to the workers.
"""

from prefect import flow, get_run_logger, task


@task
def extract() -> list[int]:
    """The numbers to work on; said by the run's own logger."""
    numbers = [1, 2, 3]
    get_run_logger().info("Extracted %s", numbers)
    return numbers


@task
def transform(numbers: list[int], factor: int) -> list[int]:
    """Each of them, many times over."""
    products = [number * factor for number in numbers]
    get_run_logger().info("Transformed %s into %s", numbers, products)
    return products


@task(log_prints=True)
def load(products: list[int]) -> int:
    """Their sum; said with print, which ends up in the same log."""
    total = sum(products)
    print(f"Loaded {products}, in all {total}")
    return total


@flow
def etl_flow(factor: int = 10) -> int:
    """Extract, transform, load."""
    total: int = load(transform(extract(), factor))
    return total


if __name__ == "__main__":
    etl_flow()

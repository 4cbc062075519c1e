"""The parts of the service host; Python 3.10 or later, pywin32, nothing else."""

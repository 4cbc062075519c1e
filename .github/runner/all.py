"""What differs on GitHub's runners, whose D: is Azure's temporary disk."""

import os

data_drives = ["C:"]
data_free_gb = 5
prefect_data = r"C:\prefect_data"

# What .github/vendors.ps1 has downloaded.
postgresql_version = "16"
postgresql_archive = os.environ.get("POSTGRESQL_ARCHIVE")
postgresql_archive_sha256 = os.environ.get("POSTGRESQL_ARCHIVE_SHA256")
postgresql_data = r"C:\pgsql\data"
postgresql_logs = r"C:\pgsql\logs"
postgresql_settings = {"shared_buffers": "128MB", "max_connections": 50}

# The runner's own, as actions/setup-python names it (pythonLocation); the deploy itself runs in a virtual environment of it.
python_source = "existing"
python_version = "3.11"
python_folder = os.environ.get("PYTHONLOCATION")

"""What differs on GitHub's runners, whose D: is Azure's temporary disk."""

data_drives = ["C:"]
data_free_gb = 5
prefect_data = r"C:\prefect_data"

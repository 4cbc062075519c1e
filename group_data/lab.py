"""What differs in the lab."""

# Its drives are folders on this machine's disk.
data_free_gb = 1

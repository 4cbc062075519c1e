"""The service control manager of a lab."""

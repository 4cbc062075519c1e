"""A Windows server to try on: the WinRM wire, the real PowerShell engine, simulated Windows."""

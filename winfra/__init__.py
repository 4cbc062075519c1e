"""pyinfra for Windows hosts over WinRM."""

# pyinfra's core imports every connector while it is being imported itself: it has to come first.
import pyinfra as pyinfra

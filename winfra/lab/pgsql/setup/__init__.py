"""EDB's installer for Windows, and the installer of the Visual C++ runtime."""

"""Windows' kernel as the lab's pywin32 sees it: handles, processes, jobs, consoles.

Only for processes of the lab's Python (``windows_python``); of the standard library and the lab's
light modules alone.
"""

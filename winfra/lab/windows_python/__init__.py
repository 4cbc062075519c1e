"""What makes this machine's Python one of the lab's Windows: each of its processes begins with ``start``.

Of the standard library and the light modules of the lab alone, since every start pays for it.
"""

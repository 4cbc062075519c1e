"""What differs in the lab, over ``all.py``: nothing yet."""

"""PostgreSQL's programs on the lab's Windows; behind them is the PostgreSQL of this machine."""

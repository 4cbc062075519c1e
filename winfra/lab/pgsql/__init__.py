"""PostgreSQL's programs on the lab's Windows; behind them is the PostgreSQL of this machine.

As EDB's on Windows: paths with drives in arguments, variables and configuration, text with CR LF, tokens
without Administrators' rights, access lists, service and event log, what libpq takes for granted. Not so:

+ paths: psql.exe and the event log show ``D:/…``; who connects from outside the lab, and the server's own log
  file, see the real path where PostgreSQL makes one absolute (``SHOW data_directory``, ``config_file``,
  ``pg_settings.sourcefile``). ``COPY`` and tablespaces want an absolute path of Linux.
+ a running server's data folder holds links named ``C:`` and ``D:``; its files can be deleted while it runs.
+ ``dynamic_shared_memory_type`` is ``posix``; ``pg_hba.conf`` and ``postgresql.conf`` are those that
  Debian's initdb writes.
+ locales are C, whatever Windows' name is given to initdb; other names are refused in CREATE DATABASE.
+ access lists are read when a server starts, not at each file; extensions come from this machine and not
  from the program folder.
+ ports are this machine's: two labs cannot have the same.
"""

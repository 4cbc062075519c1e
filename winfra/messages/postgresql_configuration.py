"""What can be wrong with a PostgreSQL server's settings and access rules."""

from __future__ import annotations

from winfra.messages import Message

ARGUMENT = Message(
    "postgresql_configuration_argument",
    "{argument}: {reason}",
    "The documentation of the operation says what the argument takes",
)
NO_CLUSTER = Message(
    "postgresql_no_cluster",
    "{data} on {host} is no data folder of PostgreSQL: {file} is not there",
    "Correct data; 'SHOW data_directory' says where a server has its own",
)
UNKNOWN_SETTINGS = Message(
    "postgresql_unknown_settings",
    "PostgreSQL on {host} has no setting {names}",
    "Correct the name; pg_settings lists those that there are",
)
BAD_SETTING = Message(
    "postgresql_bad_setting",
    "PostgreSQL on {host} would refuse {name}: {reason}",
    "Correct the value in settings; nothing has been changed",
)
OVERRIDDEN = Message(
    "postgresql_settings_overridden",
    "on {host} these settings stand elsewhere too, where they count more: {settings}",
    "Take them out there (ALTER SYSTEM RESET name, for postgresql.auto.conf), or out of settings here",
)
BROKEN = Message(
    "postgresql_configuration_broken",
    "the configuration of PostgreSQL on {host} has errors that are not of this deploy: {errors}",
    "Correct them first: until then the server takes no change of its settings, and does not start",
)
REFUSED = Message(
    "postgresql_configuration_refused",
    "PostgreSQL on {host} refuses {errors}",
    "Correct the value in settings; the file is as it was before, and the server goes on as it was",
)
NOT_READ = Message(
    "postgresql_configuration_not_read",
    "PostgreSQL on {host} does not read {path}",
    "Check that data is the folder of this server ('SHOW config_file' on port {port} tells); "
    "the file is as it was before",
)
NOT_RELOADED = Message(
    "postgresql_not_reloaded",
    "PostgreSQL on {host} has not read its files anew after {seconds} s",
    "Its log says why; the files are as they were before",
)
RESTART_NEEDED = Message(
    "postgresql_restart_needed",
    "PostgreSQL on {host} has to be restarted for {names}",
    "Give service, so that it is restarted here, or restart it in a maintenance window",
)
RESTART_UNDONE = Message(
    "postgresql_restart_undone",
    "PostgreSQL on {host} did not start with the new settings ({names})",
    "The files are as they were before, and it has been started with them; its log says why",
)
STAYS_DOWN = Message(
    "postgresql_stays_down",
    "PostgreSQL on {host} does not start with its files as they were before either",
    "Its log, and the Application log of the host, say why",
)
NOT_IN_FORCE = Message(
    "postgresql_settings_not_in_force",
    "on {host} these settings are not as asked, though the server has read them: {names}",
    "Look at their row in pg_settings: source tells what counts more",
)
BAD_RULE = Message(
    "postgresql_bad_rule",
    "rules: {rule}: {reason}",
    "The documentation of winfra.access_rules.Rule says what each field takes",
)
LOCKED_OUT = Message(
    "postgresql_locked_out",
    "with these rules {user} could no longer log in to {database} from {address} on {host}",
    "Keep a rule for that role: this deploy uses it itself; nothing has been changed",
)
RULES_REFUSED = Message(
    "postgresql_rules_refused",
    "PostgreSQL on {host} refuses its access rules: {errors}",
    "Correct the rule; pg_hba.conf is as it was before, and the rules in force are the old ones",
)

"""The commands of cmd.exe: their syntax, those it carries out itself, the programs it starts."""

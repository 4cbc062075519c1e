# Runs Prefect's server at the console, as its service does, until Ctrl-C.
[CmdletBinding()]
param([string] $Service = 'PrefectServer')

& (Join-Path $PSScriptRoot 'start_program.ps1') -Service $Service

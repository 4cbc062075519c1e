# Runs a Prefect worker at the console, as its service does and under the same name, until Ctrl-C.
[CmdletBinding()]
param([string] $Service = 'PrefectWorker')

& (Join-Path $PSScriptRoot 'start_program.ps1') -Service $Service

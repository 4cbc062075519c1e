# Runs at the console what a service runs, with the same settings, until Ctrl-C: to see what it says. The service itself
# starts without this. It needs an administrator, since the settings hold secrets.
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $Service)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$folder = Split-Path -Parent $PSScriptRoot

function Read-Json([string] $Path) {
    Get-Content -LiteralPath $Path -Raw -Encoding UTF8 | ConvertFrom-Json
}

function Set-ProcessVariable([string] $Name, [object] $Value) {
    # Empty is none, as everywhere in PowerShell.
    [Environment]::SetEnvironmentVariable($Name, $Value)
}

function Use-Settings($Settings) {
    # As the service host does: nothing of the machine's own that steers Python or Prefect.
    foreach ($name in @($before.Keys) -match '^(PREFECT_|PYTHON|CONDA_)') { Set-ProcessVariable $name $null }
    foreach ($one in $Settings.PSObject.Properties) { Set-ProcessVariable $one.Name $one.Value }
}

$told = Read-Json (Join-Path $folder "settings\$Service.service.json")
if (Get-Service | Where-Object { $_.Name -eq $Service -and $_.Status -ne 'Stopped' }) {
    throw "the service $Service runs, and both would want the same port or name; stop it first: sc.exe stop $Service"
}
$program, $arguments = $told.command
$before = [Environment]::GetEnvironmentVariables()
Push-Location -LiteralPath $told.directory
try {
    if ($told.settings) { Use-Settings (Read-Json $told.settings) }
    & $program @arguments
}
finally {
    Pop-Location
    foreach ($name in @([Environment]::GetEnvironmentVariables().Keys) + @($before.Keys)) {
        Set-ProcessVariable $name $before[$name]
    }
}

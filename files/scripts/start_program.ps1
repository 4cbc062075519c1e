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

function Set-Variables($Settings) {
    # As the service host does: nothing of the machine's own that steers Python or Prefect.
    Get-ChildItem -Path Env: | Where-Object { $_.Name -match '^(PREFECT_|PYTHON|CONDA_)' } |
        ForEach-Object { Remove-Item -LiteralPath "Env:$($_.Name)" }
    foreach ($one in $Settings.PSObject.Properties) { Set-Item -LiteralPath "Env:$($one.Name)" -Value $one.Value }
}

$told = Read-Json (Join-Path $folder "settings\$Service.service.json")
if (Get-Service | Where-Object { $_.Name -eq $Service -and $_.Status -ne 'Stopped' }) {
    throw "the service $Service runs, and both would want the same port or name; stop it first: sc.exe stop $Service"
}
$program, $arguments = $told.command
$before = @{}
Get-ChildItem -Path Env: | ForEach-Object { $before[$_.Name] = $_.Value }
Push-Location -LiteralPath $told.directory
try {
    if ($told.settings) { Set-Variables (Read-Json $told.settings) }
    & $program @arguments
}
finally {
    Pop-Location
    Get-ChildItem -Path Env: | ForEach-Object { Remove-Item -LiteralPath "Env:$($_.Name)" }
    $before.GetEnumerator() | ForEach-Object { Set-Item -LiteralPath "Env:$($_.Key)" -Value $_.Value }
}

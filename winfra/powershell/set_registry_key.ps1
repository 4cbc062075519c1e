# Makes a key and the keys above it. New-Item -Force would empty one that exists.
param([Parameter(Mandatory)] [string] $Path)

if (-not (Test-Path -LiteralPath "Registry::$Path")) { $null = New-Item -Path "Registry::$Path" -Force }

# Downloads what a site has from its vendors and names it, with its SHA-256, to the steps that follow. Here the digest
# says only that the host gets what this machine has got.
param(
    [string] $PostgreSql = '16.10-1',
    [string] $Folder = (Get-Location).Path
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12

$name = "postgresql-$PostgreSql-windows-x64-binaries.zip"
$archive = Join-Path $Folder $name
Invoke-WebRequest -UseBasicParsing -Uri "https://get.enterprisedb.com/postgresql/$name" -OutFile $archive
$digest = (Get-FileHash -LiteralPath $archive -Algorithm SHA256).Hash
Add-Content -LiteralPath $env:GITHUB_ENV -Value "POSTGRESQL_ARCHIVE=$archive", "POSTGRESQL_ARCHIVE_SHA256=$digest"

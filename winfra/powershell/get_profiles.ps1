# The folders of accounts' profiles; null for an account that is not known or has never logged on here.
param([string[]] $Account)

function Get-Folder([string] $Name) {
    $sid = ConvertTo-Sid $Name
    $key = "Registry::HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\$sid"
    if (-not $sid -or -not (Test-Path -LiteralPath $key)) { return $null }
    (Get-Item -LiteralPath $key).GetValue('ProfileImagePath')
}

@{ Items = @(foreach ($name in $Account) { @{ Account = $name; Folder = Get-Folder $name } }) }

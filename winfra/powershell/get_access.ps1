# Owner, group and access list of each of the paths as SDDL; $null where there is nothing.
param([Parameter(Mandatory)] [string[]] $Path)

function Get-Sddl([string] $Name) {
    try { $full = Resolve-FullPath $Name }
    catch [Management.Automation.DriveNotFoundException] { return $null }
    if (-not [IO.Directory]::Exists($full) -and -not [IO.File]::Exists($full)) { return $null }
    try { (Get-Acl -LiteralPath $full).Sddl }
    catch [UnauthorizedAccessException] { Stop-Script 'access_not_readable' @{ Path = $Name } }
}

@{ Items = @(foreach ($name in $Path) { @{ Path = $name; Sddl = Get-Sddl $name } }) }

# The direct members of a local group, by WinNT: Get-LocalGroupMember fails when one of them no longer exists.
param([string] $Group)

$name = if ($Group -like 'S-1-*') { ConvertFrom-Sid $Group } else { $Group }
if (-not $name) { return $null }
$name = $name.Substring($name.LastIndexOf('\') + 1)
try { $members = @(([adsi] "WinNT://$env:COMPUTERNAME/$name,group").psbase.Invoke('Members')) }
catch [Management.Automation.MethodInvocationException] {
    # NERR_GroupNotFound
    if (($_.Exception.GetBaseException().HResult -band 0xFFFF) -eq 2220) { return $null }
    throw
}
$items = foreach ($member in $members) {
    $bytes = [byte[]] [DirectoryServices.DirectoryEntry]::new($member).Properties['objectSid'].Value
    $sid = [Security.Principal.SecurityIdentifier]::new($bytes, 0).Value
    @{ Sid = $sid; Name = ConvertFrom-Sid $sid }
}
@{ Items = @($items) }

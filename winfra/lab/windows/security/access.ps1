# What is behind the classes of access.ps1; the lists are the security authority's (winfra/lab/access_authority.py).

function Add-Method([type] $Type, [type] $From) {
    # PowerShell's table of a type's static methods gets further ones.
    $hidden = [Reflection.BindingFlags] 'NonPublic, Static, Instance'
    $adapter = [psobject].Assembly.GetType('System.Management.Automation.DotNetAdapter')
    $entry = $adapter.GetNestedType('MethodCacheEntry', 'NonPublic').GetConstructors($hidden)[0]
    $table = $adapter.GetMethod('GetStaticMethodReflectionTable', $hidden).Invoke($null, @($Type))
    foreach ($name in 'GetAccessControl', 'SetAccessControl') {
        $methods = [Collections.Generic.List[Reflection.MethodBase]]::new()
        foreach ($method in $From.GetMethods()) { if ($method.Name -eq $name) { $methods.Add($method) } }
        $null = $table.GetType().GetMethod('Add', $hidden).Invoke($table, @($name, $entry.Invoke(@(, $methods))))
    }
}

Add-Method ([System.IO.Directory]) ([Security.AccessControl.DirectorySecurity])
Add-Method ([IO.File]) ([Security.AccessControl.FileSecurity])

function Initialize-Security($Security, [bool] $IsContainer) { $Security.IsContainer = $IsContainer }

function Request-Access([string] $Verb, [string[]] $Words, $Security) {
    # An answer, or the exception that .NET Framework throws where Windows refuses.
    $answer = Request-Authority $Verb $Words
    if (-not $answer.error) { return $answer.result }
    switch ($answer.error) {
        'AccessDenied' { throw [UnauthorizedAccessException]::new('Attempted to perform an unauthorized operation.') }
        'PathNotFound' { if ($Security.IsContainer) { throw [IO.DirectoryNotFoundException]::new($Words[0]) } else { throw [IO.FileNotFoundException]::new($Words[0]) } }
        'InvalidOwner' { throw [InvalidOperationException]::new('The security identifier is not allowed to be the owner of this object.') }
        'InvalidSddl' { throw [ArgumentException]::new("The SDDL form of a security descriptor object is invalid.`r`nParameter name: sddlForm") }
        default { throw [InvalidOperationException]::new($answer.message) }
    }
}

function Set-Part($Security, $Found, [Security.AccessControl.AccessControlSections] $Sections) {
    foreach ($part in 'Owner', 'Group', 'Access') {
        if (-not $Sections.HasFlag([Security.AccessControl.AccessControlSections] $part) -or -not $Found[$part]) { continue }
        $Security.Parts[$part] = $Found[$part]
        $Security.Parts["Short$part"] = $Found["short_$part"]
        if (-not $Security.Changed.Contains($part)) { $null = $Security.Changed.Add($part) }
    }
}

function Set-SddlForm($Security, [string] $Sddl, $Sections, [int] $Count) {
    $container = if ($Security.IsContainer) { 'yes' } else { '' }
    try { Set-Part $Security (Request-Access 'parse_access' @($Sddl, $container) $Security) $Sections }
    catch { Stop-Method 'SetSecurityDescriptorSddlForm' $Count $_.Exception }
}

function Get-SddlForm($Security, [Security.AccessControl.AccessControlSections] $Sections) {
    $text = ''
    foreach ($part in 'Owner', 'Group') {
        if ($Sections.HasFlag([Security.AccessControl.AccessControlSections] $part) -and $Security.Parts[$part]) {
            $text += $part.Substring(0, 1) + ':' + $Security.Parts["Short$part"]
        }
    }
    if ($Sections.HasFlag([Security.AccessControl.AccessControlSections]::Access)) { $text += $Security.Parts.Access }
    $text
}

function Get-SecurityAccount($Security, [string] $Part, [type] $TargetType) {
    if ($Security.Parts[$Part]) { [Security.Principal.SecurityIdentifier]::new($Security.Parts[$Part]).Translate($TargetType) }
}

function Set-SecurityAccount($Security, [string] $Part, $Identity) {
    $sid = $Identity.Translate([Security.Principal.SecurityIdentifier]).Value
    Set-Part $Security @{ $Part = $sid; "short_$Part" = (Request-Authority 'abbreviate' @($sid)).result } $Part
}

function Get-AccessControl([string] $Path, $Security, [int] $Count) {
    try {
        Set-Part $Security (Request-Access 'read_access' @($Path) $Security) 'All'
        $Security.Changed.Clear()
        $Security
    }
    catch { Stop-Method 'GetAccessControl' $Count $_.Exception }
}

function Set-AccessControl([string] $Path, $Security) {
    # What was changed, all of it or nothing.
    $parts = foreach ($part in 'Owner', 'Group', 'Access') { if ($Security.Changed.Contains($part)) { $Security.Parts[$part] } else { '' } }
    try {
        if (-join $parts) { $null = Request-Access 'write_access' (@($Path) + $parts) $Security }
        $Security.Changed.Clear()
    }
    catch { Stop-Method 'SetAccessControl' 2 $_.Exception }
}

function Copy-AccessControl([string] $Source, [string] $Path) { $null = Request-Authority 'hand_access' @($Source, $Path) }

function Get-AccessRule($Security) {
    # The entries as FileSystemAccessRule shows itself.
    foreach ($entry in (Request-Authority 'rules' @($Security.Parts.Access)).result) {
        $sid = [Security.Principal.SecurityIdentifier]::new($entry.sid)
        $account = $sid
        try { $account = $sid.Translate([Security.Principal.NTAccount]) } catch [Security.Principal.IdentityNotMappedException] { $account = $sid }
        $mask = $entry.mask
        [pscustomobject] @{
            FileSystemRights = if ($mask -gt [int]::MaxValue) { [int] ($mask - 4294967296) } elseif ($mask -band -bnot 0x1F01FF) { [int] $mask } else { [Security.AccessControl.FileSystemRights] $mask }
            AccessControlType = if ($entry.kind -eq 'D') { 'Deny' } else { 'Allow' }
            IdentityReference = $account
            IsInherited = [bool] ($entry.flags -band 16)
            InheritanceFlags = ('None', 'ObjectInherit', 'ContainerInherit', 'ContainerInherit, ObjectInherit')[$entry.flags -band 3]
            PropagationFlags = ('None', 'NoPropagateInherit', 'InheritOnly', 'NoPropagateInherit, InheritOnly')[($entry.flags -band 12) / 4]
        }
    }
}

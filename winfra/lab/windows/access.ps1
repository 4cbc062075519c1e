# The types of .NET Framework for access lists: System.Security.AccessControl.DirectorySecurity and FileSecurity, and the
# methods of System.IO.Directory and File that take them. As in security.ps1, they only pass on, to security/access.ps1.
class WinfraLabFileSystemSecurity {
    hidden [bool] $IsContainer
    hidden [Collections.Hashtable] $Parts = @{ Owner = $null; Group = $null; Access = 'D:' }
    hidden [Collections.ArrayList] $Changed = @()

    [void] SetSecurityDescriptorSddlForm([string] $SddlForm) { [WinfraLabSecurity]::Call('Set-SddlForm', @($this, $SddlForm, 'All', 1)) }
    [void] SetSecurityDescriptorSddlForm([string] $SddlForm, [Security.AccessControl.AccessControlSections] $IncludeSections) { [WinfraLabSecurity]::Call('Set-SddlForm', @($this, $SddlForm, $IncludeSections, 2)) }
    [string] GetSecurityDescriptorSddlForm([Security.AccessControl.AccessControlSections] $IncludeSections) { return [WinfraLabSecurity]::Call('Get-SddlForm', @($this, $IncludeSections)) }
    [object] GetOwner([type] $TargetType) { return [WinfraLabSecurity]::Call('Get-SecurityAccount', @($this, 'Owner', $TargetType)) }
    [object] GetGroup([type] $TargetType) { return [WinfraLabSecurity]::Call('Get-SecurityAccount', @($this, 'Group', $TargetType)) }
    [void] SetOwner([object] $Identity) { [WinfraLabSecurity]::Call('Set-SecurityAccount', @($this, 'Owner', $Identity)) }
    [void] SetGroup([object] $Identity) { [WinfraLabSecurity]::Call('Set-SecurityAccount', @($this, 'Group', $Identity)) }
}

class WinfraLabDirectorySecurity : WinfraLabFileSystemSecurity {
    WinfraLabDirectorySecurity() { $this.IsContainer = $true }
}

class WinfraLabFileSecurity : WinfraLabFileSystemSecurity {
    WinfraLabFileSecurity() { $this.IsContainer = $false }
}

class WinfraLabDirectoryAccess {
    static [object] GetAccessControl([string] $Path) { return [WinfraLabSecurity]::Call('Get-AccessControl', @($Path, [WinfraLabDirectorySecurity]::new(), 1)) }
    static [object] GetAccessControl([string] $Path, [Security.AccessControl.AccessControlSections] $IncludeSections) { return [WinfraLabSecurity]::Call('Get-AccessControl', @($Path, [WinfraLabDirectorySecurity]::new(), 2)) }
    static [void] SetAccessControl([string] $Path, [WinfraLabDirectorySecurity] $DirectorySecurity) { [WinfraLabSecurity]::Call('Set-AccessControl', @($Path, $DirectorySecurity)) }
}

class WinfraLabFileAccess {
    static [object] GetAccessControl([string] $Path) { return [WinfraLabSecurity]::Call('Get-AccessControl', @($Path, [WinfraLabFileSecurity]::new(), 1)) }
    static [object] GetAccessControl([string] $Path, [Security.AccessControl.AccessControlSections] $IncludeSections) { return [WinfraLabSecurity]::Call('Get-AccessControl', @($Path, [WinfraLabFileSecurity]::new(), 2)) }
    static [void] SetAccessControl([string] $Path, [WinfraLabFileSecurity] $FileSecurity) { [WinfraLabSecurity]::Call('Set-AccessControl', @($Path, $FileSecurity)) }
}

$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
foreach ($prefix in '', 'System.') {
    $accelerators::Add("${prefix}Security.AccessControl.DirectorySecurity", [WinfraLabDirectorySecurity])
    $accelerators::Add("${prefix}Security.AccessControl.FileSecurity", [WinfraLabFileSecurity])
}

# .NET on Linux has no such methods: PowerShell's table of static methods gets them.
$hidden = [Reflection.BindingFlags] 'NonPublic, Static, Instance'
$adapter = [psobject].Assembly.GetType('System.Management.Automation.DotNetAdapter')
$entry = $adapter.GetNestedType('MethodCacheEntry', 'NonPublic').GetConstructors($hidden)[0]
foreach ($pair in @([System.IO.Directory], [WinfraLabDirectoryAccess]), @([WinfraLabFile], [WinfraLabFileAccess])) {
    $table = $adapter.GetMethod('GetStaticMethodReflectionTable', $hidden).Invoke($null, @($pair[0]))
    foreach ($name in 'GetAccessControl', 'SetAccessControl') {
        $methods = [Collections.Generic.List[Reflection.MethodBase]]::new()
        foreach ($method in $pair[1].GetMethods()) { if ($method.Name -eq $name) { $methods.Add($method) } }
        $null = $table.GetType().GetMethod('Add', $hidden).Invoke($table, @($name, $entry.Invoke(@(, $methods))))
    }
}

# What a name stood for before is remembered.
$cache = [psobject].Assembly.GetType('System.Management.Automation.Language.TypeCache').GetField('s_cache', [Reflection.BindingFlags] 'NonPublic, Static')
$cache.GetValue($null).Clear()

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

# The methods of System.IO.Directory and File that .NET on Linux does not have stand with the types that they take.
class WinfraLabDirectorySecurity : WinfraLabFileSystemSecurity {
    WinfraLabDirectorySecurity() { [WinfraLabSecurity]::Call('Initialize-Security', @($this, $true)) }
    static [object] GetAccessControl([string] $Path) { return [WinfraLabSecurity]::Call('Get-AccessControl', @($Path, [WinfraLabDirectorySecurity]::new(), 1)) }
    static [object] GetAccessControl([string] $Path, [Security.AccessControl.AccessControlSections] $IncludeSections) { return [WinfraLabSecurity]::Call('Get-AccessControl', @($Path, [WinfraLabDirectorySecurity]::new(), 2)) }
    static [void] SetAccessControl([string] $Path, [WinfraLabDirectorySecurity] $DirectorySecurity) { [WinfraLabSecurity]::Call('Set-AccessControl', @($Path, $DirectorySecurity)) }
}

class WinfraLabFileSecurity : WinfraLabFileSystemSecurity {
    WinfraLabFileSecurity() { [WinfraLabSecurity]::Call('Initialize-Security', @($this, $false)) }
    static [object] GetAccessControl([string] $Path) { return [WinfraLabSecurity]::Call('Get-AccessControl', @($Path, [WinfraLabFileSecurity]::new(), 1)) }
    static [object] GetAccessControl([string] $Path, [Security.AccessControl.AccessControlSections] $IncludeSections) { return [WinfraLabSecurity]::Call('Get-AccessControl', @($Path, [WinfraLabFileSecurity]::new(), 2)) }
    static [void] SetAccessControl([string] $Path, [WinfraLabFileSecurity] $FileSecurity) { [WinfraLabSecurity]::Call('Set-AccessControl', @($Path, $FileSecurity)) }
}

$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
foreach ($prefix in '', 'System.') {
    $accelerators::Add("${prefix}Security.AccessControl.DirectorySecurity", [WinfraLabDirectorySecurity])
    $accelerators::Add("${prefix}Security.AccessControl.FileSecurity", [WinfraLabFileSecurity])
}

# What a name stood for before is remembered.
$cache = [psobject].Assembly.GetType('System.Management.Automation.Language.TypeCache').GetField('s_cache', [Reflection.BindingFlags] 'NonPublic, Static')
$cache.GetValue($null).Clear()

# The types of .NET Framework for accounts: System.Security.Principal.NTAccount and SecurityIdentifier, and
# System.DirectoryServices.DirectoryEntry ([adsi]) with the WinNT: provider. Every process of the lab reads this file when
# it starts, so the classes only pass on to security/functions.ps1, which is read when one of them is first used.
class WinfraLabSecurity {
    static hidden [object] $Functions

    static [object] Call([string] $Function, [object[]] $Given) {
        if ($null -eq [WinfraLabSecurity]::Functions) {
            [WinfraLabSecurity]::Functions = [psmoduleinfo]::new($true)
            $null = . ([WinfraLabSecurity]::Functions) ([scriptblock]::Create(". '$("$PSScriptRoot/security/functions.ps1".Replace("'", "''"))'"))
        }
        return & ([WinfraLabSecurity]::Functions) $Function @Given
    }
}

class WinfraLabSecurityIdentifier : IComparable {
    [string] $Value
    [int] $BinaryLength
    static [int] $MinBinaryLength = 8
    static [int] $MaxBinaryLength = 68

    WinfraLabSecurityIdentifier([string] $SddlForm) { $this.Take([WinfraLabSecurity]::Call('ConvertFrom-SidText', @($SddlForm))) }
    WinfraLabSecurityIdentifier([byte[]] $BinaryForm, [int] $Offset) { $this.Take([WinfraLabSecurity]::Call('ConvertFrom-SidBytes', @($BinaryForm, $Offset))) }
    hidden [void] Take([string] $Sid) {
        $this.Value = $Sid
        $this.BinaryLength = 4 * ($Sid.Split('-').Length - 1)
    }

    [void] GetBinaryForm([byte[]] $BinaryForm, [int] $Offset) { [WinfraLabSecurity]::Call('ConvertTo-SidBytes', @($this.Value)).CopyTo($BinaryForm, $Offset) }
    [object] Translate([type] $TargetType) { return [WinfraLabSecurity]::Call('Convert-Sid', @($this, $TargetType)) }
    [bool] IsAccountSid() { return $this.Value -match '^S-1-5-21(-\d+){4}$' }
    [bool] IsValidTargetType([type] $TargetType) { return $TargetType -in [WinfraLabSecurityIdentifier], [WinfraLabNTAccount] }
    [int] CompareTo([object] $Other) { return [string]::CompareOrdinal($this.Value, [string] $Other) }
    [bool] Equals([object] $Other) { return $Other -is [WinfraLabSecurityIdentifier] -and $Other.Value -eq $this.Value }
    [int] GetHashCode() { return $this.Value.GetHashCode() }
    [string] ToString() { return $this.Value }
}

class WinfraLabNTAccount {
    [string] $Value

    WinfraLabNTAccount([string] $Name) { $this.Value = [WinfraLabSecurity]::Call('New-AccountName', @('', $Name, 1)) }
    WinfraLabNTAccount([string] $DomainName, [string] $AccountName) { $this.Value = [WinfraLabSecurity]::Call('New-AccountName', @($DomainName, $AccountName, 2)) }

    [object] Translate([type] $TargetType) { return [WinfraLabSecurity]::Call('Convert-AccountName', @($this, $TargetType)) }
    [bool] IsValidTargetType([type] $TargetType) { return $TargetType -in [WinfraLabSecurityIdentifier], [WinfraLabNTAccount] }
    [bool] Equals([object] $Other) { return $Other -is [WinfraLabNTAccount] -and $Other.Value -eq $this.Value }
    [int] GetHashCode() { return $this.Value.ToUpperInvariant().GetHashCode() }
    [string] ToString() { return $this.Value }
}

class WinfraLabDirectoryEntry {
    [string] $Path
    [string] $Username
    [object] $Properties
    hidden [object] $Password
    hidden [bool] $Connected

    WinfraLabDirectoryEntry([string] $Path) { [WinfraLabSecurity]::Call('Initialize-Entry', @($this, $Path, '', $null)) }
    WinfraLabDirectoryEntry([string] $Path, [string] $Username, [string] $Password) { [WinfraLabSecurity]::Call('Initialize-Entry', @($this, $Path, $Username, $Password)) }
    WinfraLabDirectoryEntry([object] $AdsObject) { [WinfraLabSecurity]::Call('Initialize-Member', @($this, $AdsObject)) }

    [void] RefreshCache() { [WinfraLabSecurity]::Call('Read-Entry', @($this)) }
    [object] Invoke([string] $Method) { return [WinfraLabSecurity]::Call('Invoke-Entry', @($this, $Method, @())) }
    [object] Invoke([string] $Method, [object] $First) { return [WinfraLabSecurity]::Call('Invoke-Entry', @($this, $Method, @($First))) }
    [object] Invoke([string] $Method, [object] $First, [object] $Second) { return [WinfraLabSecurity]::Call('Invoke-Entry', @($this, $Method, @($First, $Second))) }
    [void] Close() { [WinfraLabSecurity]::Call('Close-Entry', @($this)) }
    [void] Dispose() { [WinfraLabSecurity]::Call('Close-Entry', @($this)) }
    [string] ToString() { return 'System.DirectoryServices.DirectoryEntry' }
}

class WinfraLabDirectoryValues : Collections.ArrayList { [object] $Value }

# A property that is not there is an empty collection. Inside, .psbase: what follows the point names a key otherwise.
class WinfraLabDirectoryProperties : Collections.Hashtable {
    hidden [object] $Entry
    hidden [object] $Found

    [object] get_Item([object] $Key) {
        if ($null -eq $this.psbase.Found) { [WinfraLabSecurity]::Call('Read-Properties', @($this.psbase.Entry)) }
        $values = [WinfraLabDirectoryValues]::new()
        $values.Value = $this.psbase.Found[$Key]
        if ($null -ne $values.Value) { $null = $values.Add($values.Value) }
        return $values
    }
}

$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
foreach ($prefix in '', 'System.') {
    $accelerators::Add("${prefix}Security.Principal.NTAccount", [WinfraLabNTAccount])
    $accelerators::Add("${prefix}Security.Principal.SecurityIdentifier", [WinfraLabSecurityIdentifier])
    $accelerators::Add("${prefix}DirectoryServices.DirectoryEntry", [WinfraLabDirectoryEntry])
}
$accelerators::Add('adsi', [WinfraLabDirectoryEntry])
$accelerators::Add('WinfraLabSecurity', [WinfraLabSecurity])
$accelerators::Add('WinfraLabDirectoryProperties', [WinfraLabDirectoryProperties])

# A firewall rule as it is stored, or null, and what policy and the host itself say of each profile.
param([Parameter(Mandatory)] [string] $Name)

$own = 'HKLM:\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy'
$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\WindowsFirewall'

function Get-Setting([string] $Path) {
    # Of one profile, those that are set.
    $found = @{}
    if (-not (Test-Path -LiteralPath $Path)) { return $found }
    $key = Get-Item -LiteralPath $Path
    foreach ($setting in 'EnableFirewall', 'AllowLocalPolicyMerge', 'DoNotAllowExceptions') {
        $value = $key.GetValue($setting)
        if ($null -ne $value) { $found[$setting] = [int] $value }
    }
    $found
}

$text = $null
if (Test-Path -LiteralPath "$own\FirewallRules") { $text = (Get-Item -LiteralPath "$own\FirewallRules").GetValue($Name) }
$profiles = @{}
foreach ($pair in ('domain', 'DomainProfile'), ('private', 'PrivateProfile'), ('public', 'PublicProfile')) {
    # The host's own settings have kept the name that the private profile had at first.
    $local = if ($pair[0] -eq 'private') { 'StandardProfile' } else { $pair[1] }
    $profiles[$pair[0]] = @{ Policy = Get-Setting "$policy\$($pair[1])"; Local = Get-Setting "$own\$local" }
}
@{
    Text = $text
    Expanded = if ($null -eq $text) { $null } else { [Environment]::ExpandEnvironmentVariables($text) }
    Profiles = $profiles
}

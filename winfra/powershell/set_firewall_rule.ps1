# Makes a firewall rule, or sets all of it but a description that is null. Replace: what no parameter can take away is
# in it, so it is made anew.
param(
    [Parameter(Mandatory)] [string] $Name,
    [Parameter(Mandatory)] [string] $DisplayName,
    [object] $Description,
    [bool] $Enabled,
    [string] $Action,
    [string] $Direction,
    [string] $Protocol,
    [string[]] $Ports,
    [string[]] $RemoteAddresses,
    [string[]] $Profiles,
    [string] $Program,
    [string] $Service,
    [bool] $Exists,
    [bool] $Replace
)

function Invoke-Firewall([scriptblock] $Action) {
    try { & $Action }
    catch [Microsoft.Management.Infrastructure.CimException] {
        $reason = $_.Exception.Message.Trim(' .')
        if ($_.FullyQualifiedErrorId -like 'Windows System Error 5,*') { Stop-Script 'firewall_denied' @{ Name = $Name; Reason = $reason } }
        if ($_.FullyQualifiedErrorId -like 'Windows System Error 1753,*') { Stop-Script 'firewall_stopped' @{ Name = $Name; Reason = $reason } }
        Stop-Script 'firewall_rule_refused' @{ Name = $Name; Reason = $reason }
    }
}

$settings = @{
    Name = $Name
    Enabled = [string] $Enabled
    Action = $Action
    Direction = @{ in = 'Inbound'; out = 'Outbound' }[$Direction]
    Protocol = $Protocol
    RemoteAddress = $RemoteAddresses
    Profile = $Profiles
    Program = $Program
    Service = $Service
}
if ($null -ne $Description) { $settings['Description'] = [string] $Description }
if ($Protocol -ne 'any') { $settings[@{ in = 'LocalPort'; out = 'RemotePort' }[$Direction]] = $Ports }
if ($Replace) { Invoke-Firewall { Remove-NetFirewallRule -Name $Name -ErrorAction Stop } }
if ($Exists -and -not $Replace) { Invoke-Firewall { Set-NetFirewallRule @settings -NewDisplayName $DisplayName -ErrorAction Stop } }
else { Invoke-Firewall { $null = New-NetFirewallRule @settings -DisplayName $DisplayName -ErrorAction Stop } }
@{ Name = $Name }

# Removes a firewall rule of the host by its name.
param([Parameter(Mandatory)] [string] $Name)

try { Remove-NetFirewallRule -Name $Name -ErrorAction Stop }
catch [Microsoft.Management.Infrastructure.CimException] {
    $reason = $_.Exception.Message.Trim(' .')
    if ($_.FullyQualifiedErrorId -like 'Windows System Error 5,*') { Stop-Script 'firewall_denied' @{ Name = $Name; Reason = $reason } }
    if ($_.FullyQualifiedErrorId -like 'Windows System Error 1753,*') { Stop-Script 'firewall_stopped' @{ Name = $Name; Reason = $reason } }
    throw
}
@{ Name = $Name }

# Removes a scheduled task; what it has started runs on.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Name)

try { Unregister-ScheduledTask -TaskPath $Path -TaskName $Name -Confirm:$false -ErrorAction Stop }
catch [Microsoft.Management.Infrastructure.CimException] {
    if ($_.FullyQualifiedErrorId -like 'HRESULT 0x80070005,*') { Stop-Script 'task_denied' @{ Task = $Path + $Name; Reason = $_.Exception.Message.Trim(' .') } }
    throw
}
@{ Task = $Path + $Name }

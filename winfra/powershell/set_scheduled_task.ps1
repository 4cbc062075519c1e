# Registers a scheduled task, over one of the same name where there is one.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [string] $Xml)

try { $null = Register-ScheduledTask -TaskPath $Path -TaskName $Name -Xml $Xml -Force -ErrorAction Stop }
catch [Microsoft.Management.Infrastructure.CimException] {
    $reason = $_.Exception.Message.Trim()
    if ($_.FullyQualifiedErrorId -like 'HRESULT 0x80070005,*') { Stop-Script 'task_denied' @{ Task = $Path + $Name; Reason = $reason.Trim('.') } }
    Stop-Script 'task_refused' @{ Task = $Path + $Name; Reason = $reason.Trim('.') }
}
@{ Task = $Path + $Name }

# The XML of a scheduled task, or null.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Name)

# "System Error Codes": 2 the file, 3 the path, is not found.
try { $xml = Export-ScheduledTask -TaskPath $Path -TaskName $Name -ErrorAction Stop }
catch [Microsoft.Management.Infrastructure.CimException] {
    if ($_.FullyQualifiedErrorId -match '^HRESULT 0x8007000[23],') { return $null }
    if ($_.FullyQualifiedErrorId -like 'HRESULT 0x80070005,*') { Stop-Script 'task_denied' @{ Task = $Path + $Name; Reason = $_.Exception.Message.Trim(' .') } }
    throw
}
@{ Xml = [string] $xml }

# Get-EventLog over the lab's event logs (winfra/lab/event_authority.py).
# $ErrorActionPreference: that of the caller, which a module does not see by itself.
Set-StrictMode -Version 3
. "$PSScriptRoot/../errors.ps1"
$entryTypes = 'Information', 'Error', 'Error', 'Warning', 'Information', 'Information'

function Get-EventLog {
    [CmdletBinding(DefaultParameterSetName = 'LogName')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'LogName')] [Alias('LN')] [string] $LogName,
        [Parameter(ParameterSetName = 'LogName')] [ValidateRange(0, [int]::MaxValue)] [int] $Newest,
        [Parameter(ParameterSetName = 'LogName')] [ValidateNotNullOrEmpty()] [datetime] $After,
        [Parameter(ParameterSetName = 'LogName')] [ValidateNotNullOrEmpty()] [datetime] $Before,
        [Parameter(ParameterSetName = 'LogName')] [ValidateNotNullOrEmpty()] [int[]] $Index,
        [Parameter(ParameterSetName = 'LogName')] [ValidateNotNullOrEmpty()] [ValidateSet('Error', 'Information', 'FailureAudit', 'SuccessAudit', 'Warning')] [Alias('ET')] [string[]] $EntryType,
        [Parameter(ParameterSetName = 'LogName')] [ValidateNotNullOrEmpty()] [Alias('ABO')] [string[]] $Source,
        [Parameter(Position = 1, ParameterSetName = 'LogName')] [ValidateNotNullOrEmpty()] [long[]] $InstanceId,
        [Parameter(ParameterSetName = 'LogName')] [ValidateNotNullOrEmpty()] [Alias('MSG')] [string] $Message,
        [Parameter(ParameterSetName = 'LogName')] [switch] $AsBaseObject,
        [Parameter(ParameterSetName = 'List')] [switch] $List,
        [Parameter(ParameterSetName = 'List')] [switch] $AsString
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        $logs = [WinfraLabSecurity]::Call('Request-Authority', @('event_logs', @())).result
        if ($PSCmdlet.ParameterSetName -eq 'List') {
            foreach ($log in $logs) { if ($AsString) { $log.name } else { New-LogSummary $log } }
            return
        }
        $log = foreach ($one in $logs) { if ($one.name -eq $LogName) { $one } }
        if (-not $log) { Stop-EventLog $PSCmdlet ([InvalidOperationException]::new("The event log '$LogName' on computer '.' does not exist.")) }
        if (-not $log.readable) { Stop-EventLog $PSCmdlet ([Security.SecurityException]::new('Requested registry access is not allowed.')) }
        $count = 0
        foreach ($data in [WinfraLabSecurity]::Call('Request-Authority', @('events', @($log.name, '[]'))).result) {
            $entry = New-Entry $data
            if (-not (Test-Entry $entry $PSBoundParameters)) { continue }
            $count++
            $entry
            if ($PSBoundParameters.ContainsKey('Newest') -and $count -ge $Newest) { break }
        }
        if (-not $count) { Write-CommandError $PSCmdlet ([ArgumentException]::new('No matches found')) 'GetEventLogNoEntriesFound' 'ObjectNotFound' $null }
    }
}

function Stop-EventLog($Cmdlet, [Exception] $Exception) {
    Write-CommandError $Cmdlet $Exception $Exception.GetType().FullName 'NotSpecified' $null -Terminating
}

function Test-Entry($Entry, $Bound) {
    $holds = @{
        After = { $Entry.TimeGenerated -gt $args[0] }
        Before = { $Entry.TimeGenerated -lt $args[0] }
        Index = { $Entry.Index -in $args[0] }
        EntryType = { $Entry.EntryType -in $args[0] }
        InstanceId = { $Entry.InstanceId -in $args[0] }
        Message = { $Entry.Message -like $args[0] }
        Source = { $source = $Entry.Source; @($args[0] | & { process { $source -like $_ } }) -contains $true }
    }
    foreach ($name in $holds.Keys) {
        if ($Bound.ContainsKey($name) -and -not (& $holds[$name] $Bound[$name])) { return $false }
    }
    $true
}

function New-Entry([hashtable] $Data) {
    $audit = $Data.log -eq 'Security'
    # The severity stands in the two upper bits.
    $instance = if ($audit) { [long] $Data.id } else { [long] $Data.id + 0x10000L * @(0, 0xC000, 0xC000, 0x8000, 0x4000)[$Data.level] }
    $time = [DateTimeOffset]::FromUnixTimeSeconds([Math]::Floor($Data.time / 1000)).LocalDateTime
    $entry = [pscustomobject] @{
        EventID = [int] $Data.id
        MachineName = $env:COMPUTERNAME
        Data = [byte[]] @()
        Index = [int] $Data.record
        Category = '(0)'
        CategoryNumber = [int16] 0
        EntryType = if ($audit) { $(if ($Data.id -eq 4625) { 'FailureAudit' } else { 'SuccessAudit' }) } else { $entryTypes[$Data.level] }
        Message = $Data.message
        Source = $Data.provider
        ReplacementStrings = [string[]] @($Data.data)
        InstanceId = $instance
        TimeGenerated = $time
        TimeWritten = $time
        UserName = $null
        Site = $null
        Container = $null
    }
    $entry.PSObject.TypeNames.Insert(0, 'System.Diagnostics.EventLogEntry')
    $entry.PSObject.TypeNames.Insert(0, "System.Diagnostics.EventLogEntry#$($Data.log)/$($Data.provider)/$instance")
    $entry
}

function New-LogSummary([hashtable] $Log) {
    $entries = @([WinfraLabSecurity]::Call('Request-Authority', @('events', @($Log.name, '[]'))).result)
    $object = [pscustomobject] @{ MaximumKilobytes = 20480L; MinimumRetentionDays = 0; OverflowAction = 'OverwriteAsNeeded'; Entries = $entries; Log = $Log.name; LogDisplayName = $Log.name }
    $object.PSObject.TypeNames.Insert(0, 'System.Diagnostics.EventLog')
    $object
}

Export-ModuleMember -Function Get-EventLog

# Get-WinEvent over the lab's event logs (winfra/lab/event_authority.py).
# $ErrorActionPreference: that of the caller, which a module does not see by itself.
Set-StrictMode -Version 3
. "$PSScriptRoot/../errors.ps1"
. "$PSScriptRoot/filters.ps1"
. "$PSScriptRoot/records.ps1"

function Get-WinEvent {
    [CmdletBinding(DefaultParameterSetName = 'GetLogSet')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'ListLogSet')] [AllowEmptyCollection()] [string[]] $ListLog,
        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'GetLogSet')] [string[]] $LogName = '*',
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'ListProviderSet')] [AllowEmptyCollection()] [string[]] $ListProvider,
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'GetProviderSet')] [string[]] $ProviderName,
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'HashQuerySet')] [hashtable[]] $FilterHashtable,
        [Parameter(ParameterSetName = 'GetLogSet')] [Parameter(ParameterSetName = 'GetProviderSet')] [Parameter(ParameterSetName = 'HashQuerySet')] [ValidateRange(1, [long]::MaxValue)] [long] $MaxEvents = -1,
        [Parameter(ParameterSetName = 'GetLogSet')] [Parameter(ParameterSetName = 'GetProviderSet')] [Parameter(ParameterSetName = 'HashQuerySet')] [switch] $Oldest,
        [Parameter(ParameterSetName = 'ListLogSet')] [Parameter(ParameterSetName = 'GetLogSet')] [Parameter(ParameterSetName = 'GetProviderSet')] [Parameter(ParameterSetName = 'HashQuerySet')] [switch] $Force
    )
    begin {
        $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference')
        $logs = @{}
        foreach ($one in [WinfraLabSecurity]::Call('Request-Authority', @('event_logs', @())).result) { $logs[$one.name] = $one }
        $names = @()
    }
    process {
        switch ($PSCmdlet.ParameterSetName) {
            'ListLogSet' { foreach ($log in Find-Log $PSCmdlet $logs $ListLog) { New-LogConfiguration $log } }
            'ListProviderSet' {
                $found = Find-Provider $PSCmdlet $logs $ListProvider
                foreach ($name in $found.Keys) { New-ProviderMetadata $name $found[$name] }
            }
            'GetLogSet' { $names += $LogName }
            'GetProviderSet' { Read-Event $PSCmdlet (Get-ProviderQuery (Find-Provider $PSCmdlet $logs $ProviderName)) $MaxEvents $Oldest }
            'HashQuerySet' { Read-Event $PSCmdlet (Get-TableQuery $PSCmdlet $logs $FilterHashtable) $MaxEvents $Oldest }
        }
    }
    end {
        if ($PSCmdlet.ParameterSetName -ne 'GetLogSet') { return }
        $query = @{}
        foreach ($log in Find-Log $PSCmdlet $logs $names) { $query[$log.name] = @(@{}) }
        Read-Event $PSCmdlet $query $MaxEvents $Oldest
    }
}

function Write-EventError($Cmdlet, [string] $Message, [string] $Id, [string] $Category = 'ObjectNotFound', $Target, [switch] $Terminating) {
    Write-CommandError $Cmdlet ([Exception]::new($Message)) $Id $Category $Target -Terminating:$Terminating
}

function Find-Log($Cmdlet, [hashtable] $Logs, [string[]] $Patterns) {
    # The logs that are meant and may be read; an error for each pattern that none fits.
    foreach ($pattern in $Patterns) {
        $found = @(foreach ($name in $Logs.Keys) { if ($name -like $pattern) { $Logs[$name] } })
        if (-not $found) {
            Write-EventError $Cmdlet "There is not an event log on the localhost computer that matches ""$pattern""." 'NoMatchingLogsFound'
        }
        foreach ($log in $found) {
            if ($log.readable) { $log; continue }
            Write-EventError $Cmdlet "Could not retrieve information about the $($log.name) log. Error: Attempted to perform an unauthorized operation.." 'LogInfoUnavailable' 'NotSpecified'
        }
    }
}

function Find-Provider($Cmdlet, [hashtable] $Logs, [string[]] $Patterns) {
    # Provider -> the logs it writes to.
    $found = [ordered] @{}
    foreach ($pattern in $Patterns) {
        $any = $false
        foreach ($log in $Logs.Values) {
            foreach ($name in $log.providers) {
                if ($name -notlike $pattern) { continue }
                $found[$name] = if ($found.Contains($name)) { $found[$name] + @($log.name) } else { , @($log.name) }
                $any = $true
            }
        }
        if (-not $any) { Write-EventError $Cmdlet "There is not an event provider on the localhost computer that matches ""$pattern""." 'NoMatchingProvidersFound' }
    }
    $found
}

function Read-Event($Cmdlet, [hashtable] $Query, [long] $Maximum, [bool] $Oldest) {
    # Log -> its filters; the newest first, over all logs.
    if (-not $Query -or -not $Query.Count) { return }
    $limit = if ($Maximum -gt 0 -and -not $Oldest) { [string] $Maximum } else { '' }
    $entries = foreach ($log in $Query.Keys) {
        $filters = [System.Text.Json.JsonSerializer]::Serialize([object] $Query[$log], [object[]], [System.Text.Json.JsonSerializerOptions] $null)
        $answer = [WinfraLabSecurity]::Call('Request-Authority', @('events', @($log, $filters, $limit)))
        if ($answer.error) { Write-EventError $Cmdlet $answer.message $answer.message 'NotSpecified' } else { $answer.result }
    }
    $entries = @($entries)
    if ($Query.Count -gt 1) { $entries = @($entries | Sort-Object -Property { $_.time } -Descending) }
    if ($Oldest) { [Array]::Reverse($entries) }
    if ($Maximum -gt 0) { $entries = @($entries | Select-Object -First $Maximum) }
    foreach ($entry in $entries) { New-EventRecord $entry }
    if (-not $entries) { Write-EventError $Cmdlet 'No events were found that match the specified selection criteria.' 'NoMatchingEventsFound' }
}

Export-ModuleMember -Function Get-WinEvent

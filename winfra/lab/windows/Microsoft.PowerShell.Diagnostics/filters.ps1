# What -ProviderName and -FilterHashtable mean, as filters of winfra/lab/event_authority.py: log -> a list of them.

function Get-ProviderQuery($Found) {
    $query = @{}
    foreach ($name in $Found.Keys) {
        foreach ($log in $Found[$name]) { Add-Filter $query $log @{ providers = [string[]] @($name) } }
    }
    $query
}

function Get-TableQuery($Cmdlet, [hashtable] $Logs, [hashtable[]] $Tables) {
    $query = @{}
    foreach ($table in $Tables) { Confirm-Table $Cmdlet $table }
    foreach ($table in $Tables) {
        $filter = Get-Filter $Cmdlet $table
        if (-not $filter) { continue }
        $places = if ($table.ContainsKey('LogName')) { @(foreach ($log in Find-Log $Cmdlet $Logs ([string[]] $table['LogName'])) { $log.name }) }
        if ($table.ContainsKey('ProviderName')) {
            $found = Find-Provider $Cmdlet $Logs ([string[]] $table['ProviderName'])
            $filter.providers = [string[]] @($found.Keys)
            $written = @(foreach ($name in $found.Keys) { $found[$name] })
            if (-not $table.ContainsKey('LogName')) { $places = $written }
            else {
                $before = @($places)
                $places = @($places | Where-Object { $_ -in $written })
                if ($before -and -not $places) {
                    Write-EventError $Cmdlet 'The specified providers do not write events to any of the specified logs.' 'LogsAndProvidersDontOverlap' 'InvalidArgument'
                }
            }
        }
        foreach ($log in $places | Select-Object -Unique) { Add-Filter $query $log $filter }
    }
    $query
}

function Add-Filter([hashtable] $Query, [string] $Log, [hashtable] $Filter) {
    $Query[$Log] = if ($Query.ContainsKey($Log)) { $Query[$Log] + @($Filter) } else { , @($Filter) }
}

function Confirm-Table($Cmdlet, [hashtable] $Table) {
    foreach ($key in $Table.Keys) {
        if ($null -eq $Table[$key] -or @($Table[$key]) -contains $null) {
            Write-EventError $Cmdlet "A null value was encountered in the $key hash table key. Null values are not permitted." 'NullNotAllowedInHashtable' 'InvalidArgument' $key -Terminating
        }
    }
    if (-not ($Table.ContainsKey('LogName') -or $Table.ContainsKey('ProviderName') -or $Table.ContainsKey('Path'))) {
        Write-EventError $Cmdlet 'You must specify at least one Log, Provider or Path key-value pair.' 'LogProviderOrPathNeeded' 'InvalidArgument' -Terminating
    }
}

function Get-Filter($Cmdlet, [hashtable] $Table) {
    # Nothing where a value makes no sense; an unknown key names a field of the event's data.
    $filter = @{}
    foreach ($key in $Table.Keys) {
        switch ($key) {
            'Id' { $filter.ids = [long[]] @($Table[$key]) }
            'Level' { $filter.levels = [long[]] @($Table[$key]) }
            'StartTime' { $filter.since = Get-Second $Cmdlet $Table[$key] }
            'EndTime' { $filter.until = Get-Second $Cmdlet $Table[$key] }
            'Data' { $filter.data = [string[]] @($Table[$key]) }
            { $_ -in 'LogName', 'ProviderName' } { }
            default {
                Write-EventError $Cmdlet "The lab does not know the key $key." 'UnknownKey' 'NotImplemented' $key -Terminating
            }
        }
    }
    if (($filter.ContainsKey('since') -and $null -eq $filter.since) -or ($filter.ContainsKey('until') -and $null -eq $filter.until)) { return }
    $filter
}

function Get-Second($Cmdlet, $Value) {
    # Get-WinEvent turns a time into a text and back: whole seconds are left.
    $time = [datetime]::MinValue
    $text = $Value.ToString()
    if ([datetime]::TryParse($text, [ref] $time)) { return [double] [DateTimeOffset]::new($time.ToUniversalTime()).ToUnixTimeSeconds() }
    Write-EventError $Cmdlet "The following value is not in a valid DateTime format: $text." 'DateTimeExpected' 'InvalidArgument'
}

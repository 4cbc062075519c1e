# What each service is: its configuration as the registry has it, variables in it not expanded; its state, null where the
# control manager knows no such service; and the running services that depend on it, in an order in which they can stop.
# Record: the file in which the first of them says what it started from.
param([Parameter(Mandatory)] [string[]] $Service, [string] $Record)

$names = 'DisplayName', 'Description', 'ImagePath', 'ObjectName', 'Start', 'DelayedAutostart', 'Type', 'DependOnService',
    'DependOnGroup', 'FailureActions', 'FailureActionsOnNonCrashFailures', 'ServiceSidType', 'RequiredPrivileges',
    'PreshutdownTimeout', 'Environment', 'DeleteFlag'

function Get-Configuration([string] $Name) {
    $path = "HKLM:\SYSTEM\CurrentControlSet\Services\$Name"
    $found = @{}
    if (-not (Test-Path -LiteralPath $path)) { return $found }
    $key = Get-Item -LiteralPath $path
    foreach ($one in $names) {
        $value = $key.GetValue($one, $null, 'DoNotExpandEnvironmentNames')
        if ($value -is [byte[]]) { $value = [Convert]::ToBase64String($value) }
        if ($null -ne $value) { $found[$one] = $value }
    }
    $found
}

function Get-Dependent([string] $Name) {
    # Those that depend on a dependent stop before it; a service that two of them need comes up more than once.
    # By its name Get-Service would take brackets for a pattern.
    Get-Service -ErrorAction Ignore | Where-Object { $_.Name -eq $Name } | ForEach-Object { $_.DependentServices } |
        Where-Object { $_.Status -ne 'Stopped' } | ForEach-Object { Get-Dependent $_.Name; $_.Name }
}

function Get-Record {
    if (-not $Record) { return $null }
    $full = Resolve-FullPath $Record
    if (-not [IO.File]::Exists($full)) { return $null }
    # The service may be about to replace it.
    $stream = [IO.FileStream]::new($full, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare] 'ReadWrite, Delete')
    try { [IO.StreamReader]::new($stream).ReadToEnd() } finally { $stream.Dispose() }
}

$items = foreach ($name in $Service) {
    $state = Get-ServiceInstance $name 'Name', 'State', 'ProcessId'
    $configuration = Get-Configuration $name
    @{
        Service = $name
        State = if ($state) { @{ State = $state.State; ProcessId = [long] $state.ProcessId } } else { $null }
        Configuration = $configuration
        AccountSid = if ($configuration['ObjectName']) { ConvertTo-Sid $configuration['ObjectName'] } else { $null }
        Dependents = @(if ($state -and $state.State -ne 'Stopped') { Get-Dependent $name | Select-Object -Unique })
        Record = Get-Record
    }
}
@{ Items = @($items) }

# The objects of Get-WinEvent.
$controlManager = [guid] '555908d1-a6d7-4695-8e1e-26931d2012f4'
$auditing = [guid] '54849625-5478-4994-a5ba-3e3b0328c30d'
$levels = 'Information', 'Critical', 'Error', 'Warning', 'Information', 'Verbose'

function New-EventRecord([hashtable] $Entry) {
    # Events of the classic interface carry their severity as qualifiers.
    $classic = $Entry.log -ne 'Security'
    $provider = if ($Entry.provider -eq 'Service Control Manager') { $controlManager } elseif (-not $classic) { $auditing }
    $record = [pscustomobject] @{
        Message = $Entry.message
        Id = [int] $Entry.id
        Version = if ($classic) { $null } else { [byte] 0 }
        Qualifiers = if ($classic) { [int] @(0, 0xC000, 0xC000, 0x8000, 0x4000)[$Entry.level] }
        Level = [byte] $Entry.level
        Task = [int] 0
        Opcode = [int16] 0
        Keywords = [long] $(if (-not $classic) { -9214364837600034816 } elseif ($Entry.log -eq 'System') { -9187343239835811840 } else { 36028797018963968 })
        RecordId = [long] $Entry.record
        ProviderName = $Entry.provider
        ProviderId = $provider
        LogName = $Entry.log
        ProcessId = [int] $Entry.pid
        ThreadId = [int] 0
        MachineName = $env:COMPUTERNAME
        UserId = $null
        TimeCreated = [DateTimeOffset]::FromUnixTimeMilliseconds($Entry.time).LocalDateTime
        ActivityId = $null
        RelatedActivityId = $null
        ContainerLog = $Entry.log.ToLowerInvariant()
        MatchedQueryIds = @()
        Bookmark = $null
        LevelDisplayName = $levels[$Entry.level]
        OpcodeDisplayName = $null
        TaskDisplayName = $null
        KeywordsDisplayNames = @(if ($classic) { 'Classic' })
        Properties = @(foreach ($value in $Entry.data) { [pscustomobject] @{ PSTypeName = 'System.Diagnostics.Eventing.Reader.EventProperty'; Value = $value } })
    }
    $record.PSObject.TypeNames.Insert(0, 'System.Diagnostics.Eventing.Reader.EventRecord')
    $record.PSObject.TypeNames.Insert(0, 'System.Diagnostics.Eventing.Reader.EventLogRecord')
    $record.PSObject.Methods.Add($description)
    $record.PSObject.Methods.Add($toXml)
    $record
}

function ConvertTo-EventXml($Record) {
    $text = { [Security.SecurityElement]::Escape([string] $args[0]) }
    $number = 0
    $values = foreach ($one in $Record.Properties) {
        $number++
        $name = if ($Record.ProviderId -eq $controlManager) { " Name='param$number'" }
        "<Data$name>$(& $text $one.Value)</Data>"
    }
    $qualifiers = if ($null -ne $Record.Qualifiers) { " Qualifiers='$($Record.Qualifiers)'" }
    $guid = if ($Record.ProviderId) { " Guid='{$($Record.ProviderId)}'" }
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='$(& $text $Record.ProviderName)'$guid/>" +
    "<EventID$qualifiers>$($Record.Id)</EventID><Version>$([int] $Record.Version)</Version><Level>$($Record.Level)</Level><Task>$($Record.Task)</Task>" +
    "<Opcode>$($Record.Opcode)</Opcode><Keywords>0x$($Record.Keywords.ToString('x'))</Keywords>" +
    "<TimeCreated SystemTime='$($Record.TimeCreated.ToUniversalTime().ToString('o'))'/><EventRecordID>$($Record.RecordId)</EventRecordID><Correlation/>" +
    "<Execution ProcessID='$($Record.ProcessId)' ThreadID='$($Record.ThreadId)'/><Channel>$($Record.LogName)</Channel><Computer>$($Record.MachineName)</Computer>" +
    "<Security/></System><EventData>$(-join $values)</EventData></Event>"
}

$description = [psscriptmethod]::new('FormatDescription', { $this.Message })
$toXml = [psscriptmethod]::new('ToXml', { ConvertTo-EventXml $this })

function New-LogConfiguration([hashtable] $Log) {
    $events = [WinfraLabSecurity]::Call('Request-Authority', @('events', @($Log.name, '[]'))).result
    $configuration = [pscustomobject] @{
        LogMode = 'Circular'; MaximumSizeInBytes = 20971520L; RecordCount = [long] @($events).Count; LogName = $Log.name
        LogType = 'Administrative'; IsEnabled = $true; IsClassicLog = $true; ProviderNames = [string[]] $Log.providers
        LogFilePath = "%SystemRoot%\System32\Winevt\Logs\$($Log.name).evtx"; IsLogFull = $false
    }
    $configuration.PSObject.TypeNames.Insert(0, 'System.Diagnostics.Eventing.Reader.EventLogConfiguration')
    $configuration
}

function New-ProviderMetadata([string] $Name, [string[]] $Logs) {
    $links = @(foreach ($log in $Logs) { [pscustomobject] @{ PSTypeName = 'System.Diagnostics.Eventing.Reader.EventLogLink'; LogName = $log; DisplayName = $log; IsImported = $true } })
    [pscustomobject] @{ PSTypeName = 'System.Diagnostics.Eventing.Reader.ProviderMetadata'; Name = $Name; LogLinks = $links }
}

$data = [Management.Automation.Runspaces.TypeData]::new('System.Diagnostics.Eventing.Reader.EventRecord')
$data.DefaultDisplayPropertySet = [Management.Automation.Runspaces.PropertySetData]::new([string[]] ('TimeCreated', 'Id', 'LevelDisplayName', 'Message'))
Update-TypeData -TypeData $data -Force

# What was logged about a service since a time (ticks of the host's clock): errors and warnings of the control manager
# and its own, and the end of its log beyond what was there before.
param([Parameter(Mandatory)] [string] $Service, [Parameter(Mandatory)] [long] $Since, [string] $Log, [long] $Length)

$instance = Get-ServiceInstance $Service 'Name', 'DisplayName'
$names = @($Service; if ($instance) { $instance.DisplayName })

function Get-Text($Record) {
    # Without a file of messages there are the texts alone that were to stand in them.
    if ($Record.Message) { $Record.Message } else { @($Record.Properties | ForEach-Object { $_.Value }) -join ' ' }
}

function Get-Event([string] $LogName, [scriptblock] $Concerns) {
    # That there is none is an error to Get-WinEvent.
    $filter = @{ LogName = $LogName; StartTime = [DateTime]::new($Since, [DateTimeKind]::Local) }
    foreach ($record in @(Get-WinEvent -FilterHashtable $filter -ErrorAction Ignore | Sort-Object -Property RecordId)) {
        $text = Get-Text $record
        if ($record.Level -in 1, 2, 3 -and (& $Concerns $record $text)) { @{ Log = $LogName; Id = $record.Id; Text = $text } }
    }
}

function Get-End {
    $file = if ($Log) { Resolve-FullPath $Log }
    if (-not $file -or -not [IO.File]::Exists($file)) { return '' }
    $stream = [IO.FileStream]::new($file, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare] 'ReadWrite, Delete')
    try {
        # One that is shorter than before is a new one.
        $from = if ($stream.Length -lt $Length) { 0 } else { $Length }
        $null = $stream.Seek([Math]::Max($from, $stream.Length - 4096), [IO.SeekOrigin]::Begin)
        [IO.StreamReader]::new($stream).ReadToEnd()
    }
    finally { $stream.Dispose() }
}

$manager = {
    param($Record, $Text)
    $Record.ProviderName -eq 'Service Control Manager' -and @($names | Where-Object { $Text.Contains($_) }).Count
}
@{
    Events = @(Get-Event 'System' $manager) + @(Get-Event 'Application' { param($Record) $Record.ProviderName -in $names })
    End = Get-End
}

# Stops a service that no running one depends on, and waits until it has. Code is the control manager's answer.
param([Parameter(Mandatory)] [string] $Service, [double] $Seconds = 60, [string] $Log)

function Get-State {
    Get-ServiceInstance $Service 'Name', 'State', 'ProcessId'
}

$begun = [DateTime]::Now.Ticks
$file = if ($Log) { Resolve-FullPath $Log }
$length = if ($file -and [IO.File]::Exists($file)) { [IO.FileInfo]::new($file).Length } else { 0 }
$watch = [Diagnostics.Stopwatch]::StartNew()
$code = 1061
while ($true) {
    # 1061: it takes no control now, such as while it starts.
    if ($code -eq 1061) { $code = (Invoke-Native -FilePath 'sc.exe' -ArgumentList 'stop', $Service -TimeoutSeconds ($Seconds + 60)).ExitCode }
    $now = Get-State
    if (-not $now -or $now.State -eq 'Stopped' -or $watch.Elapsed.TotalSeconds -ge $Seconds) { break }
    # 1053: it was told, and has not answered yet; 1062: it has ended meanwhile.
    if ($code -notin 0, 1053, 1061, 1062) { break }
    Start-Sleep -Milliseconds 100
}
@{
    Code = $code
    State = if ($now) { $now.State } else { $null }
    ProcessId = if ($now) { [long] $now.ProcessId } else { 0 }
    Begun = $begun
    LogLength = $length
}

# Starts a service and waits until it runs. Code is the control manager's answer, Begun and LogLength tell what has come
# about since.
param([Parameter(Mandatory)] [string] $Service, [double] $Seconds = 60, [string] $Log)

function Get-State {
    Get-ServiceInstance $Service 'Name', 'State', 'ProcessId', 'ExitCode', 'ServiceSpecificExitCode'
}

$begun = [DateTime]::Now.Ticks
$file = if ($Log) { Resolve-FullPath $Log }
$length = if ($file -and [IO.File]::Exists($file)) { [IO.FileInfo]::new($file).Length } else { 0 }
$watch = [Diagnostics.Stopwatch]::StartNew()
$code = (Invoke-Native -FilePath 'sc.exe' -ArgumentList 'start', $Service -TimeoutSeconds ($Seconds + 60)).ExitCode
# It runs or starts already.
if ($code -eq 1056) { $code = 0 }
$now = Get-State
while ($now -and $code -eq 0 -and $now.State -notin 'Running', 'Stopped' -and $watch.Elapsed.TotalSeconds -lt $Seconds) {
    Start-Sleep -Milliseconds 100
    $now = Get-State
}
@{
    Code = $code
    State = if ($now) { $now.State } else { $null }
    ProcessId = if ($now) { [long] $now.ProcessId } else { 0 }
    ExitCode = if ($now) { [long] $now.ExitCode } else { 0 }
    SpecificExitCode = if ($now) { [long] $now.ServiceSpecificExitCode } else { 0 }
    Begun = $begun
    LogLength = $length
}

# Removes a service that has stopped, and waits until it is gone; what holds a handle of it keeps it until then.
param([Parameter(Mandatory)] [string] $Service, [double] $Seconds = 60)

$watch = [Diagnostics.Stopwatch]::StartNew()
$code = (Invoke-Native -FilePath 'sc.exe' -ArgumentList 'delete', $Service -TimeoutSeconds 60).ExitCode
# 1060: there is none; 1072: it is marked for deletion already.
if ($code -in 1060, 1072) { $code = 0 }
while ($code -eq 0) {
    if (-not (Get-ServiceInstance $Service 'Name')) { break }
    if ($watch.Elapsed.TotalSeconds -ge $Seconds) { $code = 1072; break }
    Start-Sleep -Milliseconds 100
}
@{ Code = $code }

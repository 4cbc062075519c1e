# Waits until something accepts connections on a port, or until nothing does any more.
param([Parameter(Mandatory)] [string] $Address, [Parameter(Mandatory)] [int] $Port, [double] $Seconds = 60, [bool] $Open = $true)

function Test-Open {
    $client = [Net.Sockets.TcpClient]::new([Net.IPAddress]::Parse($Address).AddressFamily)
    try { $client.ConnectAsync($Address, $Port).Wait(2000) }
    catch [Management.Automation.MethodInvocationException] { $false }
    finally { $client.Dispose() }
}

$watch = [Diagnostics.Stopwatch]::StartNew()
while (($found = Test-Open) -ne $Open -and $watch.Elapsed.TotalSeconds -lt $Seconds) { Start-Sleep -Milliseconds 200 }
if ($found -ne $Open) {
    if ($Open) { Stop-Script 'port_closed' @{ Address = $Address; Port = $Port; Seconds = $Seconds } }
    Stop-Script 'port_open' @{ Address = $Address; Port = $Port; Seconds = $Seconds }
}
@{ Open = $found }

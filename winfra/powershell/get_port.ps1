# Whether something accepts connections on a port.
param([Parameter(Mandatory)] [string] $Address, [Parameter(Mandatory)] [int] $Port, [double] $Seconds = 2)

$client = [Net.Sockets.TcpClient]::new([Net.IPAddress]::Parse($Address).AddressFamily)
try { $open = $client.ConnectAsync($Address, $Port).Wait([TimeSpan]::FromSeconds($Seconds)) }
catch [Management.Automation.MethodInvocationException] { $open = $false }
finally { $client.Dispose() }
@{ Open = $open }

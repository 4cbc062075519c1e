# Runs a user's own text in a powershell.exe of its own, where it may exit, read its input or break its session.
param(
    [securestring] $Text, [string] $Name, [string] $Loader, [string] $Program, [securestring] $InputText,
    [hashtable] $Parameters = @{}, [double] $TimeoutSeconds
)

$bytes = New-Object IO.MemoryStream
function Add-Piece([string] $Value) {
    $body = (New-Object Text.UTF8Encoding $false).GetBytes($Value)
    $size = [Text.Encoding]::ASCII.GetBytes('{0:d8}' -f $body.Length)
    $bytes.Write($size, 0, 8)
    $bytes.Write($body, 0, $body.Length)
}

foreach ($piece in $Program, 'own_process.ps1', (ConvertFrom-Secret $Text), $Name, [string] $Parameters.Count) { Add-Piece $piece }
foreach ($key in $Parameters.Keys) {
    $value = $Parameters[$key]
    $secret = $value -is [securestring]
    Add-Piece $key
    Add-Piece $(if ($secret) { 'secret' } else { 'json' })
    # A string alone cannot be read as JSON in 5.1, but it can be written.
    Add-Piece $(if ($secret) { ConvertFrom-Secret $value } else { ConvertTo-Json -InputObject $value -Depth 9 -Compress })
}
if ($InputText) {
    $body = (New-Object Text.UTF8Encoding $false).GetBytes((ConvertFrom-Secret $InputText))
    $bytes.Write($body, 0, $body.Length)
}
$options = @{
    FilePath = "$env:SystemRoot\System32\WindowsPowerShell\v1.0\powershell.exe"
    ArgumentList = '-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-InputFormat', 'None', '-OutputFormat', 'Text', '-Command', $Loader
    InputBytes = $bytes.ToArray()
    TimeoutSeconds = $TimeoutSeconds
}
$ended = Invoke-Native @options -Stream
@{ ExitCode = $ended.ExitCode; TimedOut = $ended.TimedOut }

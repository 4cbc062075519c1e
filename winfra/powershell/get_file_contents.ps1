# The bytes of a small file in base64; $null where there is no file.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [long] $Limit)

try { $full = Resolve-FullPath $Path } catch [Management.Automation.DriveNotFoundException] { return @{ Base64 = $null } }
if (-not [IO.File]::Exists($full)) { return @{ Base64 = $null } }
$stream = New-Object IO.FileStream $full, 'Open', 'Read', 'ReadWrite, Delete'
try {
    if ($stream.Length -gt $Limit) {
        Stop-Script 'file_too_large' @{ path = $Path; size = $stream.Length; limit = $Limit }
    }
    $memory = New-Object IO.MemoryStream
    $stream.CopyTo($memory)
    @{ Base64 = [Convert]::ToBase64String($memory.ToArray()) }
}
finally { $stream.Dispose() }

# Sends a file's content as it is, then its length and SHA-256.
param([string] $Path)

$full = Resolve-FullPath $Path
if ([IO.Directory]::Exists($full)) { Stop-Script 'source_is_folder' @{ Path = $Path } }
if (-not [IO.File]::Exists($full)) { Stop-Script 'source_missing' @{ Path = $Path } }
$share = [IO.FileShare]::ReadWrite -bor [IO.FileShare]::Delete
try { $file = [IO.FileStream]::new($full, [IO.FileMode]::Open, [IO.FileAccess]::Read, $share, 65536) }
catch [Management.Automation.MethodInvocationException] {
    Stop-Script 'read_denied' @{ Path = $Path; Reason = $_.Exception.InnerException.Message }
}
$hash = [Security.Cryptography.SHA256]::Create()
$buffer = [Array]::CreateInstance([byte], 1048576)
$length = [long] 0
try {
    while (($count = $file.Read($buffer, 0, $buffer.Length)) -gt 0) {
        $null = $hash.TransformBlock($buffer, 0, $count, $null, 0)
        Write-Content $buffer $count
        $length += $count
    }
}
finally { $file.Dispose() }
$null = $hash.TransformFinalBlock($buffer, 0, 0)
@{ Length = $length; Sha256 = [BitConverter]::ToString($hash.Hash).Replace('-', '').ToLowerInvariant() }

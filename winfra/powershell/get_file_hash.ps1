# The length and SHA-256 of files; the hash only where the length is the one that matters.
param([string] $Path, [long] $Length = -1)

$full = Resolve-FullPath $Path
if (-not [IO.File]::Exists($full)) { return @{ Length = -1; Sha256 = '' } }
$share = [IO.FileShare]::ReadWrite -bor [IO.FileShare]::Delete
try { $file = [IO.FileStream]::new($full, [IO.FileMode]::Open, [IO.FileAccess]::Read, $share) }
catch [Management.Automation.MethodInvocationException] {
    # It cannot be read, so it cannot be known to be the same.
    return @{ Length = -1; Sha256 = '' }
}
try {
    if ($Length -ge 0 -and $file.Length -ne $Length) { return @{ Length = $file.Length; Sha256 = '' } }
    $digest = [Security.Cryptography.SHA256]::Create().ComputeHash($file)
    @{ Length = $file.Length; Sha256 = [BitConverter]::ToString($digest).Replace('-', '').ToLowerInvariant() }
}
finally { $file.Dispose() }

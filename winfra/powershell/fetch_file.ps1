# Fetches a file by https: whole, and with the SHA-256 that is wanted, or not at all.
param([Parameter(Mandatory)] [string] $Address, [Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Sha256)

$full = Resolve-FullPath $Path
$part = "$full.part"

function Get-Digest([string] $File) {
    $stream = [IO.File]::OpenRead($File)
    $hash = [Security.Cryptography.SHA256]::Create()
    try { [BitConverter]::ToString($hash.ComputeHash($stream)).Replace('-', '').ToLowerInvariant() } finally { $stream.Dispose() }
}

function Save-Answer {
    # What Windows offers by itself may still be TLS 1.0 where .NET is told so (SystemDefaultTlsVersions).
    $protocol = [Net.ServicePointManager]::SecurityProtocol
    if ($protocol -ne 0) { [Net.ServicePointManager]::SecurityProtocol = $protocol -bor [Net.SecurityProtocolType]::Tls12 }
    $request = [Net.WebRequest]::Create($Address)
    $request.UseDefaultCredentials = $false
    $answer = $request.GetResponse()
    try {
        $file = [IO.FileStream]::new($part, [IO.FileMode]::Create, [IO.FileAccess]::Write, [IO.FileShare]::None, 65536)
        try { $answer.GetResponseStream().CopyTo($file) } finally { $file.Dispose() }
    }
    finally { $answer.Dispose() }
}

if ([IO.File]::Exists($full) -and (Get-Digest $full) -eq $Sha256) { return @{ Path = $Path; Fetched = $false } }
try {
    try { Save-Answer }
    catch [Management.Automation.MethodInvocationException] {
        Stop-Script 'download_failed' @{ Address = $Address; Reason = $_.Exception.GetBaseException().Message.TrimEnd('.') }
    }
    $found = Get-Digest $part
    if ($found -ne $Sha256) { Stop-Script 'source_differs' @{ src = $Address; found = $found; wanted = $Sha256 } }
    if ([IO.File]::Exists($full)) { [IO.File]::Delete($full) }
    [IO.File]::Move($part, $full)
}
finally { if ([IO.File]::Exists($part)) { [IO.File]::Delete($part) } }
@{ Path = $Path; Fetched = $true }

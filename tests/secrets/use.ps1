# Notes the digests of its secrets, so that a test knows that they arrived.
param([securestring] $Secret, [string] $Plain, [string] $Path)

$hash = [Security.Cryptography.SHA256]::Create()
$found = foreach ($text in (New-Object Net.NetworkCredential '', $Secret).Password, $env:TOKEN) {
    [BitConverter]::ToString($hash.ComputeHash([Text.Encoding]::UTF8.GetBytes($text))).Replace('-', '')
}
Set-Content -LiteralPath $Path -Value $found
@{ Plain = $Plain }

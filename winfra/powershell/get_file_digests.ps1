# The SHA-256 of each file; $null where there is no file.
param([Parameter(Mandatory)] [string[]] $Path)

function Get-Digest([string] $Name) {
    try { $full = Resolve-FullPath $Name } catch [Management.Automation.DriveNotFoundException] { return $null }
    if (-not [IO.File]::Exists($full)) { return $null }
    # A file that its program holds open for writing can be read by who allows that.
    $stream = New-Object IO.FileStream $full, 'Open', 'Read', 'ReadWrite, Delete', 1048576
    $hash = [Security.Cryptography.SHA256]::Create()
    try { [BitConverter]::ToString($hash.ComputeHash($stream)).Replace('-', '').ToLowerInvariant() }
    finally { $stream.Dispose(); $hash.Dispose() }
}

@{ Items = @(foreach ($name in $Path) { @{ Path = $name; Sha256 = Get-Digest $name } }) }

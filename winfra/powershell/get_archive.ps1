# What the marker of an extracted archive says, and which of its files are missing or of another size; null without one.
# Marker: the name of its file in the folder.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Marker)

function Find-Marker {
    try { $found = [IO.Path]::Combine((Resolve-FullPath $Path), $Marker) } catch [Management.Automation.DriveNotFoundException] { return $null }
    if ([IO.File]::Exists($found)) { $found }
}

$file = Find-Marker
if (-not $file) { return @{ Marker = $null } }
$folder = [IO.Path]::GetDirectoryName($file)
$lines = [IO.File]::ReadAllLines($file)
$damaged = foreach ($line in $lines) {
    if (-not $line.StartsWith('file ')) { continue }
    $null, $length, $name = $line.Split([char[]] ' ', 3)
    $info = [IO.FileInfo]::new([IO.Path]::Combine($folder, $name))
    if (-not $info.Exists -or $info.Length -ne [long] $length) { $name }
}
@{ Marker = @{
    Head = @($lines | Where-Object { -not $_.StartsWith('file ') })
    Damaged = @($damaged | Select-Object -First 5)
    DamagedCount = @($damaged).Count
} }

# Extracts a zip, file by file: what is there already and the same stays, so that an extraction that broke off is completed;
# files of an earlier archive that this one does not have go. The marker is written last: its head, then a line a file.
# Inside: the folder of the archive whose content is wanted; Only: the names in it that are.
param(
    [Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Destination, [Parameter(Mandatory)] [string] $Marker,
    [Parameter(Mandatory)] [string[]] $Head, [string] $Inside, [string[]] $Only = @()
)

Add-Type -AssemblyName System.IO.Compression, System.IO.Compression.FileSystem
$root = Resolve-FullPath $Destination
$separator = [IO.Path]::DirectorySeparatorChar
$markerFile = [IO.Path]::Combine($root, $Marker)

function Open-Archive {
    try { [IO.Compression.ZipFile]::OpenRead((Resolve-FullPath $Path)) }
    catch [Management.Automation.MethodInvocationException] {
        Stop-Script 'archive_damaged' @{ Path = $Path; Reason = $_.Exception.GetBaseException().Message.TrimEnd('.') }
    }
}

function Test-Unsafe([string] $Name) {
    # What leaves the folder, names a drive or stream, or is no name on Windows; backslashes count as slashes there.
    $parts = $Name.TrimEnd('/').Split('/')
    if ($Name.StartsWith('/') -or $Name -match '[<>:"|?*\x00-\x1f]') { return $true }
    foreach ($part in $parts) { if (-not $part -or $part -match '[. ]$') { return $true } }
    $false
}

function Select-Entry([object] $Archive) {
    $prefix = if ($Inside) { "$Inside/" } else { '' }
    foreach ($entry in $Archive.Entries) {
        $name = $entry.FullName.Replace('\', '/')
        if (Test-Unsafe $name) { Stop-Script 'archive_unsafe' @{ Path = $Path; Entry = $entry.FullName; Destination = $Destination } }
        if (-not $name.StartsWith($prefix, [StringComparison]::Ordinal) -or $name.EndsWith('/')) { continue }
        $relative = $name.Substring($prefix.Length)
        if ($Only -and $relative.Split('/')[0] -notin $Only) { continue }
        @{ Entry = $entry; Name = $relative; Target = [IO.Path]::Combine($root, $relative.Replace('/', $separator)) }
    }
}

function Assert-Space([object[]] $Wanted) {
    $needed = [long] 0
    foreach ($one in $Wanted) {
        $info = [IO.FileInfo]::new($one.Target)
        if (-not $info.Exists) { $needed += $one.Entry.Length }
    }
    $drive = $Destination.Substring(0, 2)
    $disk = Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID='$drive'" -Property FreeSpace
    if ($disk -and $null -ne $disk.FreeSpace -and [long] $disk.FreeSpace -lt $needed) {
        $megabytes = @{ Needed = [Math]::Ceiling($needed / 1MB); Free = [Math]::Floor($disk.FreeSpace / 1MB) }
        Stop-Script 'archive_no_space' @{ Path = $Path; Drive = $drive; Needed = $megabytes.Needed; Free = $megabytes.Free }
    }
}

function Get-Digest([IO.Stream] $Stream) {
    $hash = [Security.Cryptography.SHA256]::Create()
    try { [Convert]::ToBase64String($hash.ComputeHash($Stream)) } finally { $Stream.Dispose() }
}

function Test-Same([hashtable] $One) {
    $info = [IO.FileInfo]::new($One.Target)
    if (-not $info.Exists -or $info.Length -ne $One.Entry.Length) { return $false }
    # What cannot be read differs: the attempt to write it says why.
    try { (Get-Digest ([IO.File]::OpenRead($One.Target))) -ceq (Get-Digest ($One.Entry.Open())) }
    catch [Management.Automation.MethodInvocationException] { $false }
}

function Write-Entry([hashtable] $One) {
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($One.Target))
    try { [IO.Compression.ZipFileExtensions]::ExtractToFile($One.Entry, $One.Target, $true) }
    catch [Management.Automation.MethodInvocationException] {
        $cause = $_.Exception.GetBaseException()
        if ($cause -is [IO.InvalidDataException]) { Stop-Script 'archive_damaged' @{ Path = $Path; Reason = "$($One.Name): $($cause.Message.TrimEnd('.'))" } }
        $shown = "$Destination\$($One.Name.Replace('/', '\'))"
        Stop-Script 'archive_file_in_use' @{ Path = $shown; Reason = $cause.Message.Replace($One.Target, $shown).TrimEnd('.') }
    }
}

function Get-EarlierFile {
    if (-not [IO.File]::Exists($markerFile)) { return }
    foreach ($line in [IO.File]::ReadAllLines($markerFile)) { if ($line.StartsWith('file ')) { $line.Split([char[]] ' ', 3)[2] } }
}

$archive = Open-Archive
try {
    $wanted = @(Select-Entry $archive)
    if (-not $wanted) { Stop-Script 'archive_empty' @{ Path = $Path; Wanted = (@($Inside) + $Only | Where-Object { $_ }) -join ', ' } }
    Assert-Space $wanted
    $null = [IO.Directory]::CreateDirectory($root)
    $names = @{}
    foreach ($one in $wanted) { $names[$one.Name] = $true }
    $earlier = @(Get-EarlierFile)
    $written = 0
    foreach ($one in $wanted) { if (-not (Test-Same $one)) { Write-Entry $one; $written++ } }
    foreach ($name in $earlier) { if (-not $names.ContainsKey($name)) { [IO.File]::Delete([IO.Path]::Combine($root, $name)) } }
    $lines = [string[]] (@($Head) + @(foreach ($one in $wanted) { "file $($one.Entry.Length) $($one.Name)" }))
    [IO.File]::WriteAllLines("$markerFile.new", $lines)
    if ([IO.File]::Exists($markerFile)) { [IO.File]::Delete($markerFile) }
    [IO.File]::Move("$markerFile.new", $markerFile)
}
finally { $archive.Dispose() }
@{ Path = $Destination; Files = $wanted.Count; Written = $written }

# Makes an empty file where there is none; sets its time, its read-only attribute, or neither.
param([Parameter(Mandatory)] [string] $Path, [bool] $Touch, [object] $ReadOnly)

$full = Resolve-FullPath $Path
$item = New-Object IO.FileInfo $full
if (-not $item.Exists) { (New-Object IO.FileStream $full, 'CreateNew').Dispose() }
$item.Refresh()
$locked = $item.IsReadOnly
if ($Touch) {
    # A read-only file does not let its time be changed.
    $item.IsReadOnly = $false
    $item.LastWriteTimeUtc = $item.LastAccessTimeUtc = [DateTime]::UtcNow
}
$item.IsReadOnly = if ($null -eq $ReadOnly) { $locked } else { $ReadOnly }

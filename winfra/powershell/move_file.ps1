# Gives a file another name in its folder, and takes the place of what has that name.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Destination)

$from = Resolve-FullPath $Path
$to = Resolve-FullPath $Destination
if (-not [IO.File]::Exists($to)) { [IO.File]::Move($from, $to); return }
# Without a backup's name an error can lose the destination (ReplaceFile, error 1176).
$old = "$from.old"
[IO.File]::Replace($from, $to, $old)
[IO.File]::Delete($old)

# Makes a folder and the folders above it.
param([Parameter(Mandatory)] [string] $Path)

$null = [IO.Directory]::CreateDirectory((Resolve-FullPath $Path))

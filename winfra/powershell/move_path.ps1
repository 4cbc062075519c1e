# Moves a file or folder aside: beside its place, the time in its name.
param([Parameter(Mandatory)] [string] $Path)

$full = Resolve-FullPath $Path
$suffix = [DateTime]::UtcNow.ToString('.yyyyMMdd-HHmmss-fff', [Globalization.CultureInfo]::InvariantCulture)
if ([IO.Directory]::Exists($full)) { [IO.Directory]::Move($full, $full + $suffix) } else { [IO.File]::Move($full, $full + $suffix) }
@{ Path = $Path + $suffix }

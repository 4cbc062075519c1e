# Which lines of a file of settings, one a line, are those of the wanted content; the text of others only where their names
# are in Shown. null where there is no file.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [securestring] $Content, [string[]] $Shown = @())

try { $full = Resolve-FullPath $Path } catch [Management.Automation.DriveNotFoundException] { return $null }
if (-not [IO.File]::Exists($full)) { return $null }
$found = $utf8.GetString([IO.File]::ReadAllBytes($full))
$wanted = ConvertFrom-Secret $Content
$end = [char[]] ",`r"
$lines = [Collections.Generic.HashSet[string]]::new()
foreach ($line in $wanted.Split("`n")) { $null = $lines.Add($line.TrimEnd($end)) }
# No JSON cmdlet: what it is given is recorded where module logging is on.
$items = foreach ($line in $found.Split("`n")) {
    $text = $line.TrimEnd($end)
    if ($text -cnotmatch '^\s*"([^"\\]+)"\s*:\s*(".*")$') { continue }
    @{ Name = $Matches[1]; Same = $lines.Contains($text); Text = if ($Shown -ccontains $Matches[1]) { $Matches[2] } else { $null } }
}
@{ Same = $found.Equals($wanted); Items = @($items) }

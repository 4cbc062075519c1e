# Notes which statements of named scripts have run in the processes that a known command line starts. In the folder
# $env:WINFRA_LAB_STATEMENTS, NAME.text holds that command line's text, which goes by this name since it has no file, and
# an empty file NAME,LINE,COLUMN stands for each statement that has not run yet: running it deletes the file.
foreach ($file in [IO.Directory]::GetFiles($env:WINFRA_LAB_STATEMENTS, '*.text')) {
    if ($text.StartsWith([IO.File]::ReadAllText($file))) { $name = [IO.Path]::GetFileNameWithoutExtension($file) }
}
$left = [IO.Directory]::GetFiles($env:WINFRA_LAB_STATEMENTS, '*,*,*')
if (-not $name -or -not $left) { return }
$folder = $env:WINFRA_LAB_STATEMENTS.Replace("'", "''")
$note = [scriptblock]::Create(@"
[IO.File]::Delete('$folder/' + `$_.Script + ',' + `$_.Line + ',' + `$_.Column)
`$null = [runspace]::DefaultRunspace.Debugger.RemoveBreakpoint(`$_)
"@)
$debugger = [runspace]::DefaultRunspace.Debugger
foreach ($file in $left) {
    $place = [IO.Path]::GetFileName($file).Split(',')
    $null = $debugger.SetLineBreakpoint($place[0], $place[1], $place[2], $note, $null)
}
$debugger.SetDebugMode('LocalScript')

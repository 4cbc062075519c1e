# Notes which statements of named scripts have run in any process of the lab. The folder $env:WINFRA_LAB_STATEMENTS holds
# an empty file NAME,LINE,COLUMN for each that has not run yet; running it deletes the file. A file NAME.text holds a
# command line's text, which has no file name of its own and goes by this one.
$debugger = [runspace]::DefaultRunspace.Debugger
$folder = $env:WINFRA_LAB_STATEMENTS.Replace("'", "''")
$note = [scriptblock]::Create(@"
[IO.File]::Delete('$folder/' + `$_.Script + ',' + `$_.Line + ',' + `$_.Column)
`$null = [runspace]::DefaultRunspace.Debugger.RemoveBreakpoint(`$_)
"@)
foreach ($file in [IO.Directory]::GetFiles($env:WINFRA_LAB_STATEMENTS)) {
    $place = [IO.Path]::GetFileName($file).Split(',')
    if ($place.Length -eq 3) { $null = $debugger.SetLineBreakpoint($place[0], $place[1], $place[2], $note, $null) }
    elseif ($text.StartsWith([IO.File]::ReadAllText($file))) { $name = [IO.Path]::GetFileNameWithoutExtension($file) }
}
if ($debugger.GetBreakpoints($null).Count) { $debugger.SetDebugMode('LocalScript') }

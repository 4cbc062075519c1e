# In a powershell.exe of its own, after loader.ps1: a user's text with its parameters. What is left of standard input is
# the text's: as $input where it names that variable, else for the programs it starts.
$text = Read-Piece
$name = Read-Piece
$parameters = @{}
for ($left = [int] (Read-Piece); $left -gt 0; $left--) {
    $key = Read-Piece
    $kind = Read-Piece
    $value = Read-Piece
    if ($kind -eq 'secret') { $parameters[$key] = (New-Object Net.NetworkCredential '', $value).SecurePassword }
    # A string alone in a document is no JSON text to 5.1.
    else { $parameters[$key] = (ConvertFrom-Json -InputObject ('{"value":' + $value + '}')).value }
}
$utf8 = New-Object Text.UTF8Encoding $false
try { [Console]::InputEncoding = $utf8; [Console]::OutputEncoding = $utf8 } catch [IO.IOException] { $Error.Clear() }
$OutputEncoding = $utf8
$ProgressPreference = 'SilentlyContinue'
$problems = $null
$block = [Management.Automation.Language.Parser]::ParseInput($text, $name, [ref] $null, [ref] $problems)
if ($problems) { throw (New-Object Management.Automation.ParseException (, $problems)) }
$readsInput = $null -ne $block.Find({ $args[0] -is [Management.Automation.Language.VariableExpressionAst] -and $args[0].VariablePath.UserPath -eq 'input' }, $true)
$block = $block.GetScriptBlock()
$ErrorActionPreference = 'Stop'
$global:LASTEXITCODE = 0
if ($readsInput) {
    $reader = New-Object IO.StreamReader $requests, $utf8
    & { while ($null -ne ($line = $reader.ReadLine())) { $line } } | & $block @parameters
}
else { & $block @parameters }
if ($global:LASTEXITCODE) { $Host.SetShouldExit($global:LASTEXITCODE) }

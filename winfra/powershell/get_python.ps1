# What a Python answers to a text of Python on its standard input, isolated from the user's variables and packages; null
# where there is no such program.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Text, [string[]] $Argument = @(), [double] $TimeoutSeconds = 60)

try { $full = Resolve-FullPath $Path } catch [Management.Automation.DriveNotFoundException] { return $null }
if (-not [IO.File]::Exists($full)) { return $null }
$options = @{
    FilePath = $Path
    ArgumentList = @('-I', '-') + $Argument
    InputBytes = (New-Object Text.UTF8Encoding $false).GetBytes($Text)
    TimeoutSeconds = $TimeoutSeconds
}
$ended = Invoke-Native @options
if ($ended.ExitCode -eq 0) { return @{ Answer = $ended.Output; Problem = $null } }
# Of a traceback the last line says what is wrong.
$last = @("$($ended.ErrorOutput)".Trim() -split '\r?\n')[-1].Trim().TrimEnd('.')
$problem = if ($ended.TimedOut) { "no answer within $TimeoutSeconds s" } else { "exit code $($ended.ExitCode): $last" }
@{ Answer = $null; Problem = $problem }

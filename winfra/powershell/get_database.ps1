# What a Python answers to a text of Python about a database; the password is in no command line, and in the environment of
# that process alone. null where there is no such program.
param(
    [Parameter(Mandatory)] [string] $Path,
    [Parameter(Mandatory)] [string] $Text,
    [Parameter(Mandatory)] [string] $Connection,
    [securestring] $Password,
    [double] $TimeoutSeconds = 90
)

try { $full = Resolve-FullPath $Path } catch [Management.Automation.DriveNotFoundException] { return $null }
if (-not [IO.File]::Exists($full)) { return $null }
$variables = @{ WINFRA_CONNECTION = $Connection }
if ($null -ne $Password) { $variables['WINFRA_PASSWORD'] = ConvertFrom-Secret $Password }
$options = @{
    FilePath = $Path
    ArgumentList = '-I', '-'
    InputBytes = (New-Object Text.UTF8Encoding $false).GetBytes($Text)
    TimeoutSeconds = $TimeoutSeconds
    Environment = $variables
}
$ended = Invoke-Native @options
# Of a traceback the last line says what is wrong.
$last = @("$($ended.ErrorOutput)".Trim() -split '\r?\n')[-1].Trim()
@{ ExitCode = $ended.ExitCode; Answer = $ended.Output; Problem = $last; TimedOut = $ended.TimedOut }

# What a Python answers to a text of Python about a database; the password is in no command line, and in the environment of
# that process alone. null where there is no such program.
param(
    [Parameter(Mandatory)] [string] $Path,
    [Parameter(Mandatory)] [string] $Text,
    [Parameter(Mandatory)] [string] $Connection,
    [securestring] $Password
)

try { $full = Resolve-FullPath $Path } catch [Management.Automation.DriveNotFoundException] { return $null }
if (-not [IO.File]::Exists($full)) { return $null }
$variables = @{ WINFRA_CONNECTION = $Connection }
if ($null -ne $Password) { $variables['WINFRA_PASSWORD'] = ConvertFrom-Secret $Password }
$options = @{
    FilePath = $Path
    ArgumentList = '-I', '-'
    InputBytes = (New-Object Text.UTF8Encoding $false).GetBytes($Text)
    TimeoutSeconds = 90
    Environment = $variables
}
$ended = Invoke-Native @options
if ($ended.ExitCode -eq 0) { return @{ Answer = $ended.Output; Problem = $null } }
# Of a traceback the last line says what is wrong.
$last = @("$($ended.ErrorOutput)".Trim() -split '\r?\n')[-1].Trim()
@{ Answer = $null; Problem = if ($ended.TimedOut) { 'timed out after 90 s' } else { $last } }

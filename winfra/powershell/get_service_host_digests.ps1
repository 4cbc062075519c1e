# What the service host would start a service from, as it says itself; null where there is no host, or no Python to run it.
param([Parameter(Mandatory)] [string] $Folder, [Parameter(Mandatory)] [string] $Python, [Parameter(Mandatory)] [string] $Configuration)

foreach ($file in $Python, "$Folder\__main__.py") {
    try { $full = Resolve-FullPath $file } catch [Management.Automation.DriveNotFoundException] { return $null }
    if (-not [IO.File]::Exists($full)) { return $null }
}
$options = @{
    FilePath = $Python
    ArgumentList = '-I', '-B', $Folder, 'digests', '-'
    InputBytes = (New-Object Text.UTF8Encoding $false).GetBytes($Configuration)
    TimeoutSeconds = 60
}
$ended = Invoke-Native @options
if ($ended.ExitCode -eq 0) { return @{ Digests = ConvertFrom-Json $ended.Output; Problem = $null } }
# Of a traceback the last line says what is wrong.
$lines = @("$($ended.ErrorOutput)".Trim() -split '\r?\n')
@{ Digests = $null; Problem = if ($ended.TimedOut) { 'no answer within 60 s' } else { $lines[-1] } }

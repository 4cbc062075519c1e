# Runs python.org's installer and says how it ended, with the telling lines of its log. The log stays where it failed.
param(
    [Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string[]] $Option, [Parameter(Mandatory)] [string] $Version,
    [double] $TimeoutSeconds = 1200
)

$log = "$env:TEMP\winfra-python-$Version.log"
$full = Resolve-FullPath $log

function Get-Line {
    if (-not [IO.File]::Exists($full)) { return }
    $lines = @([IO.File]::ReadAllLines($full) | Where-Object { $_.Trim() })
    # An error's number stands before it: [0B18:0D50][2025-01-31T12:00:00]e000: Error 0x80070643: ...
    $errors = @($lines | Where-Object { $_ -match '\]e[0-9]+:' } | Select-Object -Last 4)
    $said = if ($errors) { $errors } else { $lines | Select-Object -Last 3 }
    $said -replace '^\[[0-9A-Fa-f:]+\]\[[^\]]+\]', ''
}

$ended = Invoke-Native -FilePath $Path -ArgumentList (@('/quiet', '/norestart', '/log', $log) + $Option) -TimeoutSeconds $TimeoutSeconds
$lines = @(Get-Line)
if ($ended.ExitCode -in 0, 3010) {
    # Each of its packages has a log beside it.
    foreach ($file in [IO.DirectoryInfo]::new((Resolve-FullPath $env:TEMP)).GetFiles("winfra-python-$Version*.log")) { $file.Delete() }
}
@{ ExitCode = $ended.ExitCode; TimedOut = $ended.TimedOut; Log = $log; Lines = $lines }

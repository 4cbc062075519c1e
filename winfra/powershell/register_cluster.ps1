# Registers a cluster as a service of Windows, by pg_ctl, which knows the command line that it wants to be started with.
param([Parameter(Mandatory)] [string] $Program, [Parameter(Mandatory)] [string[]] $Argument, [Parameter(Mandatory)] [string] $Service)

$ended = Invoke-Native -FilePath $Program -ArgumentList (@('register') + $Argument) -Environment @{ LC_MESSAGES = 'C' } -TimeoutSeconds 60
if ($ended.ExitCode -ne 0) {
    $reason = ($ended.ErrorOutput + $ended.Output).Trim().TrimEnd('.')
    $code = if ($ended.TimedOut) { 'none after 60 s' } else { '0x{0:X8}' -f $ended.ExitCode }
    Stop-Script 'register_failed' @{ Service = $Service; Code = $code; Reason = $(if ($reason) { $reason } else { 'it said nothing' }) }
}
@{ Service = $Service }

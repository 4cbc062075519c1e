# Has Windows restart. LogonUI's key goes before, so that it tells the new start from the old one.
param([Parameter(Mandatory)] [int] $Delay, [Parameter(Mandatory)] [string] $Comment)

function Invoke-Shutdown([string[]] $ArgumentList) {
    Invoke-Native -FilePath "$env:SystemRoot\System32\shutdown.exe" -ArgumentList $ArgumentList -TimeoutSeconds 60
}

$key = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked'
$known = Test-Path -LiteralPath $key
if ($known) { Remove-Item -LiteralPath $key -Recurse -Force }
$restart = '/r', '/t', $Delay, '/c', $Comment, '/d', 'p:4:1'
$ended = Invoke-Shutdown $restart
if ($ended.ExitCode -eq 1190) {
    # Another restart is scheduled, perhaps for hours later.
    $null = Invoke-Shutdown '/a'
    $ended = Invoke-Shutdown $restart
}
# 1115: it is going down already.
if ($ended.ExitCode -notin 0, 1115) {
    Stop-Script 'restart_refused' @{ code = $ended.ExitCode; reason = "$($ended.Output) $($ended.ErrorOutput)".Trim() }
}
@{ Known = $known }

# What preflight asks beside the system and its drives: the account's token, what cmd.exe runs first, the clock.
# ControlTime: the control machine's, in milliseconds since 1970.
param([Parameter(Mandatory)] [long] $ControlTime)

$clock = [DateTimeOffset]::UtcNow.ToUnixTimeMilliseconds() - $ControlTime

# The texts are in the language of Windows; the SIDs tell. A filtered token still lists Administrators (for deny only),
# but its integrity level is not high (S-1-16-12288) or System's (S-1-16-16384).
$whoami = Invoke-Native -FilePath 'whoami.exe' -ArgumentList '/groups', '/fo', 'csv', '/nh'
if ($whoami.ExitCode -ne 0) {
    Stop-Script -Message 'preflight_no_groups' -Values @{ Reason = $whoami.ErrorOutput.Trim() }
}
$groups = @([regex]::Matches($whoami.Output, '"(S-1-[0-9-]+)"') | ForEach-Object { $_.Groups[1].Value })

$autoRun = foreach ($hive in 'HKLM:', 'HKCU:') {
    $key = "$hive\Software\Microsoft\Command Processor"
    $value = Get-ItemProperty -LiteralPath $key -Name AutoRun -ErrorAction Ignore
    if ($value -and $value.AutoRun) { @{ Key = $key.Replace(':', ''); Command = [string] $value.AutoRun } }
}

@{
    User = $env:USERNAME
    Administrator = $groups -contains 'S-1-5-32-544'
    FullToken = [bool] ($groups -contains 'S-1-16-12288' -or $groups -contains 'S-1-16-16384')
    AutoRun = @($autoRun)
    ClockMilliseconds = $clock
}

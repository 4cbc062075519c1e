# When Windows started, and whether it is so far that users could log on (LogonUI sets this key at each start).
param()

$os = Get-CimInstance -ClassName Win32_OperatingSystem -Property LastBootUpTime
@{
    BootTime = $os.LastBootUpTime.ToUniversalTime().ToString('o', [Globalization.CultureInfo]::InvariantCulture)
    Ready = Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked'
}

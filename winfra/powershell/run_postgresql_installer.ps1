# Runs EDB's installer unattended and makes sure of what it did: its exit code is 0 after failures as well. The superuser gets
# a password that nobody knows, since it stands on the command lines of the installer's own programs; SQL replaces it at
# once. It and the options lie in a folder of this user until then: a run that broke off is taken up there.
# Option: lines of the option file; Statement: SQL that gives the superuser the password that is wanted.
param(
    [Parameter(Mandatory)] [string] $Installer, [Parameter(Mandatory)] [string] $Folder, [Parameter(Mandatory)] [string] $Data,
    [Parameter(Mandatory)] [string] $Service, [Parameter(Mandatory)] [string] $Version, [Parameter(Mandatory)] [int] $Port,
    [Parameter(Mandatory)] [string] $Superuser, [Parameter(Mandatory)] [string[]] $Option, [Parameter(Mandatory)] [securestring] $Statement,
    [Parameter(Mandatory)] [object] $Setting, [Parameter(Mandatory)] [string] $Marker, [Parameter(Mandatory)] [string] $Note,
    [double] $TimeoutSeconds = 1800
)

$utf8 = New-Object Text.UTF8Encoding $false
$work = "$env:TEMP\winfra-$Service"
$full = Resolve-FullPath $work
$optionFile = [IO.Path]::Combine($full, 'options.txt')
$dataFull = Resolve-FullPath $Data
$programs = "$Folder\bin"
$begun = [DateTime]::UtcNow.AddSeconds(-2)

function New-WorkFolder {
    if ([IO.Directory]::Exists($full)) { return }
    $own = [regex]::Match((Invoke-Native -FilePath 'whoami.exe' -ArgumentList '/user', '/fo', 'csv', '/nh').Output, 'S-1-[0-9-]+').Value
    $null = [IO.Directory]::CreateDirectory($full)
    $security = [Security.AccessControl.DirectorySecurity]::new()
    $security.SetSecurityDescriptorSddlForm("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;$own)", [Security.AccessControl.AccessControlSections]::Access)
    [IO.Directory]::SetAccessControl($full, $security)
}

function Get-Password {
    # Letters and digits: others break the installer's scripts (edb-installers 293).
    if ([IO.File]::Exists($optionFile)) {
        foreach ($line in [IO.File]::ReadAllLines($optionFile)) { if ($line.StartsWith('superpassword=')) { return $line.Substring(14) } }
    }
    $bytes = [Array]::CreateInstance([byte], 24)
    $random = [Security.Cryptography.RandomNumberGenerator]::Create()
    $random.GetBytes($bytes)
    [BitConverter]::ToString($bytes).Replace('-', '').ToLowerInvariant()
}

function Test-Service {
    $image = Get-ItemProperty -LiteralPath "HKLM:\SYSTEM\CurrentControlSet\Services\$Service" -Name ImagePath -ErrorAction Ignore
    [bool] ($image -and $image.ImagePath.IndexOf("-D `"$Data`"", [StringComparison]::OrdinalIgnoreCase) -ge 0)
}

function Get-LogLine {
    # InstallBuilder's own log is there when it has not come to the installer's.
    $temporary = Resolve-FullPath $env:TEMP
    $files = foreach ($pattern in 'install-postgresql*.log', 'installbuilder_installer*.log', 'bitrock_installer*.log') { [IO.DirectoryInfo]::new($temporary).GetFiles($pattern) }
    $newest = $files | Where-Object { $_.LastWriteTimeUtc -ge $begun } | Sort-Object -Property LastWriteTimeUtc | Select-Object -Last 1
    if ($newest) { foreach ($line in [IO.File]::ReadAllLines($newest.FullName)) { if ($line.Trim()) { $line.Trim().Replace($password, '*MASKED*') } } }
}

function Stop-Installer([object] $Code, [string] $Problem) {
    $lines = @(Get-LogLine)
    $telling = @($lines | Where-Object { $_ -match 'error|problem|failed|denied|cannot|not ' } | Select-Object -Last 6)
    $said = if ($telling) { $telling } elseif ($lines) { @($lines | Select-Object -Last 3) } else { 'nothing' }
    $log = ($said -join '; ').TrimEnd('.')
    $shown = if ($null -eq $Code) { 'none' } else { $Code }
    Stop-Script 'installer_failed' @{ Installer = $Installer; Code = $shown; Problem = $Problem; Folder = $Folder; Log = $log }
}

function Wait-Server {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while ($watch.Elapsed.TotalSeconds -lt 60) {
        $ready = Invoke-Native -FilePath "$programs\pg_isready.exe" -ArgumentList '-h', '127.0.0.1', '-p', "$Port" -TimeoutSeconds 20
        if ($ready.ExitCode -eq 0) { return $true }
        Start-Sleep -Milliseconds 500
    }
    $false
}

function Assert-Installed([object] $Code) {
    if (-not (Test-Service)) { Stop-Installer $Code "there is no service $Service for $Data" }
    $file = [IO.Path]::Combine($dataFull, 'PG_VERSION')
    $made = if ([IO.File]::Exists($file)) { [IO.File]::ReadAllText($file).Trim() } else { 'none' }
    if ($made -ne $Version) { Stop-Installer $Code "$Data holds PostgreSQL $made, and $Version is wanted" }
    if (-not (Wait-Server)) { Stop-Installer $Code "nothing answers on 127.0.0.1:$Port" }
}

function Set-Password {
    # As winfra's other SQL: nothing of it on a command line, or in a variable that somebody may have set for the machine.
    [IO.File]::WriteAllText([IO.Path]::Combine($full, 'pgpass.conf'), "*:*:*:*:$password`n", $utf8)
    [IO.File]::WriteAllText([IO.Path]::Combine($full, 'service.conf'), "[winfra]`nhost=127.0.0.1`nport=$Port`nuser=$Superuser`ndbname=postgres`n", $utf8)
    $options = @{
        FilePath = "$programs\psql.exe"
        ArgumentList = '-X', '-w', '-q', '-v', 'ON_ERROR_STOP=1', '-f', '-'
        WorkingDirectory = $work
        Environment = @{
            PGSERVICE = 'winfra'; PGSERVICEFILE = 'service.conf'; PGPASSFILE = 'pgpass.conf'; PGPASSWORD = ''; PGOPTIONS = ''
            PGCLIENTENCODING = 'UTF8'; LC_MESSAGES = 'C'
        }
        InputBytes = $utf8.GetBytes((ConvertFrom-Secret $Statement))
        TimeoutSeconds = 60
    }
    $ended = Invoke-Native @options
    if ($ended.ExitCode -ne 0) {
        # It quotes the statement in lines of its own; its first line is the reason.
        $lines = @($ended.ErrorOutput.Split("`n") | Where-Object { $_.Trim() })
        $reason = if ($lines) { $lines[0].Trim() } else { "exit code $($ended.ExitCode)" }
        Stop-Script 'installer_password' @{ Superuser = $Superuser; Reason = $reason }
    }
}

function Set-Configuration {
    $file = [IO.Path]::Combine($dataFull, 'postgresql.conf')
    $text = [IO.File]::ReadAllText($file)
    foreach ($name in $Setting.Keys) {
        $line = "$name = $($Setting[$name])"
        $pattern = "(?m)^#?$name = [^\r\n]*"
        $text = if ($text -match $pattern) { [regex]::Replace($text, $pattern, $line.Replace('$', '$$')) } else { "$text$line`n" }
    }
    [IO.File]::WriteAllText($file, $text, $utf8)
}

New-WorkFolder
$password = Get-Password
$code = $null
if (-not (Test-Service)) {
    [IO.File]::WriteAllLines($optionFile, [string[]] ($Option + "superpassword=$password"), $utf8)
    $given = '--optionfile', "$work\options.txt", '--mode', 'unattended', '--unattendedmodeui', 'none'
    $ended = Invoke-Native -FilePath $Installer -ArgumentList $given -TimeoutSeconds $TimeoutSeconds
    if ($ended.TimedOut) { Stop-Installer $null "it had not ended after $TimeoutSeconds s" }
    $code = $ended.ExitCode
}
Assert-Installed $code
Set-Password
Set-Configuration
[IO.File]::WriteAllText([IO.Path]::Combine($dataFull, $Marker), $Note, $utf8)
[IO.Directory]::Delete($full, $true)
@{ ExitCode = $code }

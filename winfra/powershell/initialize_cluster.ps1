# Makes a PostgreSQL cluster: in a folder beside its place, which is renamed when all has gone well, so that what broke off
# is never taken for a cluster. initdb runs itself again with a token in which Administrators counts for refusals only:
# the folders have entries for the user's own SID, which the data folder loses again.
# Setting: lines for postgresql.conf, by the names of their settings; Marker and Note: the file that says who made it.
param(
    [Parameter(Mandatory)] [string] $Program, [Parameter(Mandatory)] [string] $Data, [Parameter(Mandatory)] [string] $Version,
    [Parameter(Mandatory)] [string] $ServiceSid, [Parameter(Mandatory)] [string[]] $Argument, [Parameter(Mandatory)] [securestring] $Password,
    [Parameter(Mandatory)] [object] $Setting, [Parameter(Mandatory)] [string] $Marker, [Parameter(Mandatory)] [string] $Note,
    [double] $TimeoutSeconds = 600
)

$utf8 = New-Object Text.UTF8Encoding $false
$new = "$Data.new"
$full = Resolve-FullPath $Data
$newFull = Resolve-FullPath $new
$work = "$env:TEMP\winfra-" + [guid]::NewGuid().ToString('N')
$workFull = Resolve-FullPath $work

function Get-OwnSid {
    $whoami = Invoke-Native -FilePath 'whoami.exe' -ArgumentList '/user', '/fo', 'csv', '/nh'
    [regex]::Match($whoami.Output, 'S-1-[0-9-]+').Value
}

function Set-List([string] $Folder, [string[]] $Sid) {
    # SYSTEM, Administrators and these, nothing inherited from above.
    $entries = foreach ($one in @('SY', 'BA') + $Sid) { "(A;OICI;FA;;;$one)" }
    $security = [Security.AccessControl.DirectorySecurity]::new()
    $security.SetSecurityDescriptorSddlForm('D:P' + (-join $entries), [Security.AccessControl.AccessControlSections]::Access)
    [IO.Directory]::SetAccessControl($Folder, $security)
}

function New-Folder([string] $Folder, [string[]] $Sid) {
    $null = [IO.Directory]::CreateDirectory($Folder)
    Set-List $Folder $Sid
}

function Remove-Folder([string] $Folder) {
    if ([IO.Directory]::Exists($Folder)) { [IO.Directory]::Delete($Folder, $true) }
}

function Invoke-Initdb([string] $Own) {
    New-Folder $workFull $Own
    $file = [IO.Path]::Combine($workFull, 'password')
    [IO.File]::WriteAllText($file, (ConvertFrom-Secret $Password), $utf8)
    $options = @{
        FilePath = $Program
        ArgumentList = @('-D', $new, "--pwfile=$work\password") + $Argument
        WorkingDirectory = $work
        # Its own sign that the token is restricted already must not come from outside.
        Environment = @{ TEMP = $work; TMP = $work; LC_MESSAGES = 'C'; LANG = 'C'; PG_RESTRICT_EXEC = '' }
        TimeoutSeconds = $TimeoutSeconds
    }
    Invoke-Native @options
}

function Assert-Made([object] $Ended) {
    if ($Ended.ExitCode -eq 0) { return }
    $code = if ($Ended.TimedOut) { "none after $TimeoutSeconds s" } else { '0x{0:X8}' -f $Ended.ExitCode }
    $lines = @("$($Ended.ErrorOutput)`n$($Ended.Output)".Split("`n") | ForEach-Object { $_.Trim() } | Where-Object { $_ })
    $errors = @($lines | Where-Object { $_ -match 'error|fatal|hint|detail|permission|permitted' })
    $reason = if ($errors) { $errors -join '; ' } elseif ($lines) { $lines[-1] } else { 'it said nothing' }
    $message = switch -Regex ("$code $reason") {
        '^0xC0000135' { 'initdb_no_runtime'; break }
        'administrative permissions' { 'initdb_administrator'; break }
        'not the same version|no data was returned' { 'initdb_autorun'; break }
        'No space left|disk full' { 'initdb_no_space'; break }
        default { 'initdb_failed' }
    }
    Stop-Script $message @{ Program = $Program; Data = $Data; Code = $code; Reason = $reason.TrimEnd('.') }
}

function Set-Configuration {
    $file = [IO.Path]::Combine($newFull, 'postgresql.conf')
    $text = [IO.File]::ReadAllText($file)
    foreach ($name in $Setting.Keys) {
        # initdb's sample has each setting once, most of them as a comment.
        $line = "$name = $($Setting[$name])"
        $pattern = "(?m)^#?$name = [^\r\n]*"
        $text = if ($text -match $pattern) { [regex]::Replace($text, $pattern, $line.Replace('$', '$$')) } else { "$text$line`n" }
    }
    [IO.File]::WriteAllText($file, $text, $utf8)
}

function Move-IntoPlace {
    # A scanner may hold one of a thousand new files for moments.
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        try { [IO.Directory]::Move($newFull, $full); return }
        catch [Management.Automation.MethodInvocationException] { if ($watch.Elapsed.TotalSeconds -gt 30) { throw } }
        Start-Sleep -Milliseconds 500
    }
}

$own = Get-OwnSid
try {
    Remove-Folder $newFull
    New-Folder $newFull $own, $ServiceSid
    Assert-Made (Invoke-Initdb $own)
    $made = [IO.File]::ReadAllText([IO.Path]::Combine($newFull, 'PG_VERSION')).Trim()
    if ($made -ne $Version) { Stop-Script 'cluster_version' @{ Program = $Program; Found = $made; Wanted = $Version } }
    Set-Configuration
    [IO.File]::WriteAllText([IO.Path]::Combine($newFull, $Marker), $Note, $utf8)
    Set-List $newFull $ServiceSid
    # It was made empty by somebody; what has come into it since makes this fail.
    if ([IO.Directory]::Exists($full)) { [IO.Directory]::Delete($full) }
    Move-IntoPlace
}
finally {
    Remove-Folder $workFull
    Remove-Folder $newFull
}
@{ Path = $Data }

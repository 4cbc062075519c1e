# Gives one account a right or takes it, and leaves every other entry as it stands; read again afterwards, since secedit
# does not fail on what it cannot do.
param([string] $Right, [string] $Account, [bool] $Present)

$sid = ConvertTo-Sid $Account
if (-not $sid) { Stop-Script 'unknown_account' @{ Account = $Account } }
$folder = [IO.Path]::Combine((Resolve-FullPath $env:TEMP), 'winfra-' + [guid]::NewGuid())
$null = [IO.Directory]::CreateDirectory($folder)

function Invoke-Secedit([string[]] $ArgumentList) {
    $ended = Invoke-Native -FilePath 'secedit.exe' -ArgumentList ($ArgumentList + '/areas', 'USER_RIGHTS', '/log', ([IO.Path]::Combine($folder, 'rights.log')), '/quiet')
    # 3: there were warnings; what was done is read again.
    if ($ended.ExitCode -notin 0, 3) { Stop-Script 'rights_unreadable' @{ Code = $ended.ExitCode; Reason = $ended.Output.Trim() } }
}

function Read-Entry([string] $Name) {
    # The entries of the right as they stand in the policy: *SID, or a name.
    $file = [IO.Path]::Combine($folder, $Name)
    # secedit keeps the encoding of a file that exists; a new one is in the ANSI code page.
    [IO.File]::WriteAllText($file, '', [Text.Encoding]::Unicode)
    Invoke-Secedit '/export', '/cfg', $file
    foreach ($line in [IO.File]::ReadAllLines($file)) {
        if ($line -match "^\s*$Right\s*=\s*(.*?)\s*$") { return $Matches[1].Split(',').Trim() | Where-Object { $_ } }
    }
}

function Test-Entry([string] $Entry) { (ConvertTo-Sid $Entry.TrimStart('*')) -eq $sid }

try {
    $others = @(Read-Entry 'before.inf' | Where-Object { -not (Test-Entry $_) })
    $wanted = if ($Present) { $others + "*$sid" } else { $others }
    $lines = '[Unicode]', 'Unicode=yes', '[Version]', 'signature="$CHICAGO$"', 'Revision=1', '[Privilege Rights]', "$Right = $($wanted -join ',')"
    $file = [IO.Path]::Combine($folder, 'wanted.inf')
    [IO.File]::WriteAllLines($file, [string[]] $lines, [Text.Encoding]::Unicode)
    Invoke-Secedit '/configure', '/db', ([IO.Path]::Combine($folder, 'new.sdb')), '/cfg', $file
    $found = @(Read-Entry 'after.inf' | Where-Object { Test-Entry $_ })
    if ([bool] $found -ne $Present) { Stop-Script 'right_not_set' @{ Right = $Right; Account = $Account } }
}
finally { [IO.Directory]::Delete($folder, $true) }
@{ Right = $Right; Sid = $sid }

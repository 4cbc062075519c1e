# Who has a right and who is denied it, and what a domain's policy says of it.
param([string] $Right)

function Get-Assignment {
    $folder = [IO.Path]::Combine((Resolve-FullPath $env:TEMP), 'winfra-' + [guid]::NewGuid())
    $null = [IO.Directory]::CreateDirectory($folder)
    try {
        $file = [IO.Path]::Combine($folder, 'rights.inf')
        # secedit keeps the encoding of a file that exists; a new one is in the ANSI code page.
        [IO.File]::WriteAllText($file, '', [Text.Encoding]::Unicode)
        # Without a log of its own it adds to the system's, and a question would leave a trace.
        $log = [IO.Path]::Combine($folder, 'rights.log')
        $ended = Invoke-Native -FilePath 'secedit.exe' -ArgumentList '/export', '/cfg', $file, '/areas', 'USER_RIGHTS', '/log', $log, '/quiet'
        if ($ended.ExitCode -ne 0) { Stop-Script 'rights_unreadable' @{ Code = $ended.ExitCode; Reason = $ended.Output.Trim() } }
        $found = @{}
        foreach ($line in [IO.File]::ReadAllLines($file)) {
            if ($line -match '^\s*(Se\w+)\s*=\s*(.*?)\s*$') { $found[$Matches[1]] = $Matches[2] }
        }
        $found
    }
    finally { [IO.Directory]::Delete($folder, $true) }
}

function ConvertTo-SidList([string] $Text) {
    # An entry is *SID, or a name where secedit found one.
    $sids = foreach ($entry in $Text.Split(',')) {
        $name = $entry.Trim()
        if (-not $name) { continue }
        if ($name.StartsWith('*')) { $name.Substring(1); continue }
        $sid = ConvertTo-Sid $name
        if ($sid) { $sid } else { $name }
    }
    @($sids)
}

function Get-Policy {
    # Where the computer is in no domain there is nothing under RSoP.
    $filter = "UserRight='$Right'"
    $set = @(Get-CimInstance -Namespace root\rsop\computer -ClassName RSOP_UserPrivilegeRight -Filter $filter -ErrorAction Ignore |
            Sort-Object -Property precedence)
    if (-not $set) { return $null }
    $policy = Get-CimInstance -Namespace root\rsop\computer -ClassName RSOP_GPO -ErrorAction Ignore | Where-Object { $_.id -eq $set[0].GPOID }
    $name = if ($policy) { $policy.name } else { $set[0].GPOID }
    @{ Gpo = [string] $name; Sids = @(ConvertTo-SidList ($set[0].AccountList -join ',')) }
}

$assigned = Get-Assignment
$denied = $Right -replace '^Se', 'SeDeny'
@{
    Granted = @(ConvertTo-SidList $(if ($assigned.ContainsKey($Right)) { $assigned[$Right] }))
    Denied = @(ConvertTo-SidList $(if ($assigned.ContainsKey($denied)) { $assigned[$denied] }))
    Policy = Get-Policy
}

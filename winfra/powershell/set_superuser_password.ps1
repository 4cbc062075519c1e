# Gives a server's superuser another password without the old one: for moments the server lets in who has the key of a
# certificate that was made for this alone. What is changed for it is put back, also what an earlier call left behind.
param(
    [Parameter(Mandatory)] [string] $Folder, [Parameter(Mandatory)] [string] $Data, [Parameter(Mandatory)] [string] $User,
    [Parameter(Mandatory)] [string] $Address, [Parameter(Mandatory)] [string] $Rule, [Parameter(Mandatory)] [string] $Certificate,
    [Parameter(Mandatory)] [securestring] $Key, [Parameter(Mandatory)] [securestring] $Statement, [double] $TimeoutSeconds = 30
)

function Set-Block([string] $Name, [string[]] $Line = @(), [switch] $Last) {
    # Lines of ours at one end of a file of the server; the bytes of the others stay.
    $path = Resolve-FullPath "$Data\$Name"
    $kept = $bytewise.GetString([IO.File]::ReadAllBytes($path)) -replace '(?ms)^# BEGIN winfra login\n.*?^# END winfra login\n', ''
    $block = if ($Line) { (@('# BEGIN winfra login') + $Line + '# END winfra login' -join "`n") + "`n" }
    $ends = if ($Last) { $kept, $block } else { $block, $kept }
    [IO.File]::WriteAllBytes($path, $bytewise.GetBytes(-join $ends))
}

function Update-Server {
    Invoke-Native -FilePath "$Folder\pg_ctl.exe" -ArgumentList 'reload', '-D', $Data -Environment @{ LC_MESSAGES = 'C' } -TimeoutSeconds 60
}

function Invoke-Statement {
    # Names without a folder, as in invoke_postgresql.ps1; the server may listen elsewhere than it will.
    $variables = @{
        PGHOST = $Address; PGPORT = ([IO.File]::ReadAllLines((Resolve-FullPath "$Data\postmaster.pid")))[3]; PGUSER = $User; PGDATABASE = 'postgres'
        PGSSLMODE = 'verify-ca'; PGSSLROOTCERT = $Certificate; PGSSLCERT = $Certificate; PGSSLKEY = $Certificate
        PGPASSWORD = ''; PGPASSFILE = 'none'; PGOPTIONS = ''; PGCONNECT_TIMEOUT = '10'; PGCLIENTENCODING = 'UTF8'; LC_MESSAGES = 'C'
    }
    $options = @{
        FilePath = "$Folder\psql.exe"; ArgumentList = '--no-password', '--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--file=-'
        WorkingDirectory = $Data; Environment = $variables; InputBytes = $utf8.GetBytes((ConvertFrom-Secret $Statement)); TimeoutSeconds = 60
    }
    Invoke-Native @options
}

$utf8 = New-Object Text.UTF8Encoding $false
# Each byte is a character: the files are in any code page.
$bytewise = [Text.Encoding]::GetEncoding(28591)
$file = Resolve-FullPath "$Data\$Certificate"
try {
    # In a folder that is the server's and administrators' alone.
    [IO.File]::WriteAllBytes($file, $utf8.GetBytes((ConvertFrom-Secret $Key)))
    Set-Block 'pg_hba.conf' $Rule
    Set-Block 'postgresql.auto.conf' ('ssl = on', "ssl_cert_file = '$Certificate'", "ssl_key_file = '$Certificate'", "ssl_ca_file = '$Certificate'") -Last
    $ended = Update-Server
    $watch = [Diagnostics.Stopwatch]::StartNew()
    if ($ended.ExitCode -eq 0) {
        # The server reads its files some time after it was told to.
        while (($ended = Invoke-Statement).ExitCode -eq 2 -and $watch.Elapsed.TotalSeconds -lt $TimeoutSeconds) { Start-Sleep -Milliseconds 200 }
    }
}
finally {
    Set-Block 'pg_hba.conf'
    Set-Block 'postgresql.auto.conf'
    [IO.File]::Delete($file)
    $null = Update-Server
}
if ($ended.ExitCode -ne 0) {
    Stop-Script 'superuser_password_unchanged' @{ User = $User; Data = $Data; Reason = ($ended.ErrorOutput + $ended.Output).Trim().TrimEnd('.') }
}
@{ User = $User }

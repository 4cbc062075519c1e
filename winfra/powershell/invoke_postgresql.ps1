# Runs a client program of PostgreSQL. Where it connects to stands in a service file, the password in a password file, both
# in a folder that only its owner may read, and that is gone afterwards.
param(
    [Parameter(Mandatory)] [string] $Program, [string[]] $Argument = @(), [Parameter(Mandatory)] [string] $Service,
    [securestring] $PasswordLine, [securestring] $InputText, [double] $TimeoutSeconds
)

function Test-Program {
    try { [IO.File]::Exists((Resolve-FullPath $Program)) } catch [Management.Automation.DriveNotFoundException] { $false }
}

function Write-File([string] $Name, [string] $Text) {
    # Neither byte order mark, which libpq does not understand, nor a file that was there before.
    $bytes = $utf8.GetBytes($Text)
    $file = [IO.FileStream]::new([IO.Path]::Combine($full, $Name), [IO.FileMode]::CreateNew, [IO.FileAccess]::Write, [IO.FileShare]::None)
    try { $file.Write($bytes, 0, $bytes.Length) } finally { $file.Dispose() }
}

if (-not (Test-Program)) { return @{ Missing = $true } }
$utf8 = New-Object Text.UTF8Encoding $false
$folder = "$env:TEMP\winfra-" + [guid]::NewGuid().ToString('N')
$full = Resolve-FullPath $folder
$null = [IO.Directory]::CreateDirectory($full)
try {
    # OWNER RIGHTS, and nothing inherited: the list of the folder is there before the files, which inherit it.
    $security = [Security.AccessControl.DirectorySecurity]::new()
    $security.SetSecurityDescriptorSddlForm('D:P(A;OICI;FA;;;OW)', [Security.AccessControl.AccessControlSections]::Access)
    [IO.Directory]::SetAccessControl($full, $security)
    Write-File 'service.conf' $Service
    if ($PasswordLine) { Write-File 'pgpass.conf' (ConvertFrom-Secret $PasswordLine) }
    # Names without a folder: libpq reads variables in Windows' code page, which need not have the folder's characters.
    $variables = @{
        PGSERVICE = 'winfra'; PGSERVICEFILE = 'service.conf'; PGPASSFILE = 'pgpass.conf'; PGPASSWORD = ''; PGOPTIONS = ''
        PGCLIENTENCODING = 'UTF8'; LC_MESSAGES = 'C'
    }
    [byte[]] $given = if ($InputText) { , $utf8.GetBytes((ConvertFrom-Secret $InputText)) } else { , [byte[]] @() }
    $options = @{
        FilePath = $Program; ArgumentList = $Argument; WorkingDirectory = $folder; Environment = $variables
        InputBytes = $given; TimeoutSeconds = $TimeoutSeconds
    }
    $ended = Invoke-Native @options
    @{ Missing = $false; ExitCode = $ended.ExitCode; Output = $ended.Output; ErrorOutput = $ended.ErrorOutput; TimedOut = $ended.TimedOut }
}
finally { [IO.Directory]::Delete($full, $true) }

# Makes a GitHub runner a host to deploy to: an HTTPS listener for WinRM with a certificate of its own, a local
# administrator with a random password, and the .env that names them. For machines that are thrown away afterwards.
param(
    [string] $User = 'deployer',
    [string] $Folder = (Get-Location).Path
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function New-Password {
    $random = [Security.Cryptography.RandomNumberGenerator]::Create()
    $bytes = [byte[]] (1..24)
    $random.GetBytes($bytes)
    'Aa1-' + [Convert]::ToBase64String($bytes)
}

function New-Certificate([hashtable] $Settings) {
    $common = @{
        CertStoreLocation = 'Cert:\LocalMachine\My'
        Provider = 'Microsoft Software Key Storage Provider'
        HashAlgorithm = 'SHA256'
        NotAfter = (Get-Date).AddDays(2)
    }
    New-SelfSignedCertificate @common @Settings
}

function Write-Text([string] $Name, [string[]] $Line) {
    [IO.File]::WriteAllText((Join-Path $Folder $Name), ($Line -join "`n") + "`n")
}

$password = New-Password
"::add-mask::$password"
$secure = (New-Object Net.NetworkCredential '', $password).SecurePassword
$null = New-LocalUser -Name $User -Password $secure -PasswordNeverExpires
Add-LocalGroupMember -SID 'S-1-5-32-544' -Member $User

$authority = New-Certificate @{
    Subject = 'CN=Authority of this runner'
    KeyUsage = 'CertSign', 'CRLSign', 'DigitalSignature'
    TextExtension = @('2.5.29.19={text}CA=1&pathlength=0')
}
$server = New-Certificate @{
    Signer = $authority
    DnsName = 'localhost', $env:COMPUTERNAME
    TextExtension = @('2.5.29.37={text}1.3.6.1.5.5.7.3.1')
}
$base64 = [Convert]::ToBase64String($authority.RawData, [Base64FormattingOptions]::InsertLineBreaks)
Write-Text 'ca.pem' '-----BEGIN CERTIFICATE-----', $base64.Replace("`r", ''), '-----END CERTIFICATE-----'
# The listener sends the chain only when the machine itself trusts it.
$root = New-Object Security.Cryptography.X509Certificates.X509Store 'Root', 'LocalMachine'
$root.Open('ReadWrite')
$root.Add($authority)
$root.Close()

Enable-PSRemoting -Force -SkipNetworkProfileCheck
$https = @{ Address = '*'; Transport = 'HTTPS' }
if (Get-WSManInstance winrm/config/Listener -SelectorSet $https -ErrorAction SilentlyContinue) {
    Remove-WSManInstance winrm/config/Listener -SelectorSet $https
}
$values = @{ CertificateThumbprint = $server.Thumbprint; Enabled = 'true' }
$null = New-WSManInstance winrm/config/Listener -SelectorSet $https -ValueSet $values

# Remote UAC would give a local administrator other than the built-in one a token without its rights.
$policies = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
$null = New-ItemProperty -LiteralPath $policies -Name LocalAccountTokenFilterPolicy -Value 1 -PropertyType DWord -Force
Restart-Service -Name WinRM

# The first connections after a restart can fail.
foreach ($try in 1..10) {
    try {
        $null = Test-WSMan -ComputerName localhost -UseSSL
        break
    }
    catch {
        if ($try -eq 10) { throw }
        Start-Sleep -Seconds 3
    }
}
Write-Text '.env' @(
    'SERVER_HOST=localhost'
    "WINRM_USER=$User"
    "WINRM_PASSWORD='$password'"
    "SERVICE_ACCOUNT_PASSWORD='$password'"
    "POSTGRESQL_SUPERUSER_PASSWORD='$(New-Password)'"
    "PREFECT_DATABASE_PASSWORD='$(New-Password)'"
    "WINRM_CA_TRUST_PATH=$((Join-Path $Folder 'ca.pem').Replace('\', '/'))"
)

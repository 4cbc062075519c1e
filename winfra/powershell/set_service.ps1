# Makes a service, or sets what is given of it; null leaves a thing as it is. Code is Windows' error of the step that
# failed, of the account's that of Win32_Service.Change.
param(
    [Parameter(Mandatory)] [string] $Service,
    [switch] $Create,
    [object] $Path,
    [object] $DisplayName,
    [object] $Description,
    [object] $Enabled,
    [object] $Account,
    [securestring] $Password,
    [object] $Dependencies,
    [object] $Actions,
    [object] $ResetPeriod,
    [object] $OnErrorExit,
    [object] $SidType,
    [object] $Privileges,
    [object] $PreshutdownMilliseconds,
    [object] $Environment
)

function Find-Account([string] $Name) {
    # A virtual account resolves once its service exists; the names of Windows' own are the same in every language here.
    if ($Name -like 'NT *\*' -or $Name -eq 'LocalSystem') { return $Name }
    $sid = ConvertTo-Sid $Name
    $found = if ($sid -and $Name -like 'S-1-*') { ConvertFrom-Sid $sid } elseif ($sid) { $Name }
    if (-not $found) { Stop-Script 'unknown_account' @{ Account = $Name } }
    $found
}

function Set-Account {
    $instance = Get-ServiceInstance $Service
    $secret = if ($null -ne $Password) { ConvertFrom-Secret $Password } else { '' }
    $values = @{ StartName = $Account; StartPassword = $secret }
    $code = (Invoke-CimMethod -InputObject $instance -MethodName Change -Arguments $values).ReturnValue
    if ($code -in 21, 22 -and $null -eq $Password) {
        # With a virtual or managed account there may be no password at all, not even a blank one (ChangeServiceConfig).
        $values.Remove('StartPassword')
        $code = (Invoke-CimMethod -InputObject $instance -MethodName Change -Arguments $values).ReturnValue
    }
    $code
}

function Set-Value([string] $Name, [string] $Kind, $Value) {
    $path = "HKLM:\SYSTEM\CurrentControlSet\Services\$Service"
    if (@($Value).Count) { $null = New-ItemProperty -LiteralPath $path -Name $Name -PropertyType $Kind -Value $Value -Force }
    else { Remove-ItemProperty -LiteralPath $path -Name $Name -Force -ErrorAction Ignore }
}

if ($null -ne $Account) { $Account = Find-Account $Account }
$steps = [Collections.Generic.List[object]]::new()
# Disabled until it is complete: until then it would run as LocalSystem.
if ($Create) { $steps.Add(@('create', $Service, 'binPath=', $Path, 'start=', 'disabled', 'type=', 'own')) }
if ($null -ne $Account) { $steps.Add(@('account')) }
if ($null -ne $Description) { $steps.Add(@('description', $Service, $Description)) }
if ($null -ne $Actions) { $steps.Add(@('failure', $Service, 'reset=', $ResetPeriod, 'actions=', ($Actions -join '/'))) }
if ($null -ne $OnErrorExit) { $steps.Add(@('failureflag', $Service, [string] [int] $OnErrorExit)) }
if ($null -ne $SidType) { $steps.Add(@('sidtype', $Service, $SidType)) }
if ($null -ne $Privileges) { $steps.Add(@('privs', $Service, ($Privileges -join '/'))) }
$last = @(
    if ($null -ne $Path -and -not $Create) { 'binPath=', $Path }
    if ($null -ne $DisplayName) { 'DisplayName=', $DisplayName }
    # A slash alone: no dependencies.
    if ($null -ne $Dependencies) { 'depend=', $(if (@($Dependencies).Count) { $Dependencies -join '/' } else { '/' }) }
    if ($null -ne $Enabled) { 'start=', $Enabled }
)
if ($last) { $steps.Add(@('config', $Service) + $last) }

foreach ($step in $steps) {
    $code = if ($step[0] -eq 'account') { Set-Account }
    else { (Invoke-Native -FilePath 'sc.exe' -ArgumentList $step -TimeoutSeconds 60).ExitCode }
    if ($code -ne 0) { return @{ Step = $step[0]; Code = $code } }
}
if ($null -ne $PreshutdownMilliseconds) { Set-Value 'PreshutdownTimeout' 'DWord' ([int] $PreshutdownMilliseconds) }
if ($null -ne $Environment) { Set-Value 'Environment' 'MultiString' ([string[]] $Environment) }
@{ Step = ''; Code = 0 }

# Runs a command as an account, in a service that is made for it and removed afterwards. Result is what the service host
# wrote about it; without one Step and Code say what Windows refused, or the exit codes how the service ended.
param(
    [Parameter(Mandatory)] [string] $Service,
    [Parameter(Mandatory)] [string] $Python,
    [Parameter(Mandatory)] [string] $Folder,
    [Parameter(Mandatory)] [string] $Account,
    [Parameter(Mandatory)] [string] $Sid,
    [securestring] $Password,
    [Parameter(Mandatory)] [string[]] $Command,
    [Parameter(Mandatory)] [string] $Directory,
    [string] $Settings,
    [Collections.IDictionary] $Variables = @{},
    [double] $Seconds = 60
)

$place = "$env:ProgramData\$Service"
function Get-Instance {
    Get-ServiceInstance $Service
}

function Invoke-Control([string[]] $ArgumentList) {
    (Invoke-Native -FilePath 'sc.exe' -ArgumentList $ArgumentList -TimeoutSeconds 120).ExitCode
}

function Wait-Stopped([double] $Limit) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while (($now = Get-Instance) -and $now.State -ne 'Stopped' -and $watch.Elapsed.TotalSeconds -lt $Limit) { Start-Sleep -Milliseconds 100 }
    $now
}

function Remove-Check {
    if (Get-Instance) {
        # That it has stopped already is no error of ours.
        $null = Invoke-Control 'stop', $Service
        $null = Wait-Stopped 30
        $null = Invoke-Control 'delete', $Service
    }
    $full = Resolve-FullPath $place
    if ([IO.Directory]::Exists($full)) { [IO.Directory]::Delete($full, $true) }
}

function New-Place {
    # The account writes its result here, and nobody else reads it.
    $full = Resolve-FullPath $place
    $null = [IO.Directory]::CreateDirectory($full)
    $security = [Security.AccessControl.DirectorySecurity]::new()
    $entries = @("(A;OICI;FA;;;SY)", "(A;OICI;FA;;;BA)", "(A;OICI;0x1301bf;;;$Sid)") -join ''
    $security.SetSecurityDescriptorSddlForm("D:PAI$entries", [Security.AccessControl.AccessControlSections]::Access)
    [IO.Directory]::SetAccessControl($full, $security)
    $configuration = @{ command = $Command; directory = $Directory; output = "$place\result.json"; seconds = $Seconds }
    if ($Settings) { $configuration['settings'] = $Settings }
    if ($Variables.Count) { $configuration['environment'] = $Variables }
    $text = ConvertTo-Json -InputObject $configuration -Depth 3 -Compress
    [IO.File]::WriteAllText((Resolve-FullPath "$place\check.json"), $text, $utf8)
}

function Set-Account {
    $values = @{ StartName = $Account }
    if ($null -ne $Password) { $values['StartPassword'] = ConvertFrom-Secret $Password }
    $code = (Invoke-CimMethod -InputObject (Get-Instance) -MethodName Change -Arguments $values).ReturnValue
    # Its own numbers for what ChangeServiceConfig refuses.
    $errors = @{ 2 = 5; 15 = 1069; 22 = 1057 }
    if ($errors.ContainsKey([int] $code)) { $errors[[int] $code] } else { $code }
}

function Invoke-Step {
    $image = '"{0}" -I "{1}" check "{2}\check.json"' -f $Python, $Folder, $place
    $code = Invoke-Control 'create', $Service, 'binPath=', $image, 'start=', 'demand', 'type=', 'own'
    if ($code -ne 0) { return @{ Step = 'create'; Code = $code } }
    $code = Invoke-Control 'sidtype', $Service, 'unrestricted'
    if ($code -ne 0) { return @{ Step = 'sidtype'; Code = $code } }
    if ($Account -ne 'LocalSystem') { $code = Set-Account }
    if ($code -ne 0) { return @{ Step = 'account'; Code = $code } }
    @{ Step = 'start'; Code = Invoke-Control 'start', $Service }
}

$found = Get-Instance
if ($found -and $found.State -ne 'Stopped') { Stop-Script 'service_host_check_runs' @{ Service = $Service } }
# One that an earlier run was cut off from.
Remove-Check
$begun = [DateTime]::Now
try {
    New-Place
    $answer = Invoke-Step
    $ended = if ($answer.Code -eq 0) { Wait-Stopped ($Seconds + 60) }
    $file = Resolve-FullPath "$place\result.json"
    $answer['Result'] = if ([IO.File]::Exists($file)) { [IO.File]::ReadAllText($file, $utf8) } else { $null }
    $answer['ExitCode'] = if ($ended) { [long] $ended.ExitCode } else { 0 }
    $answer['SpecificExitCode'] = if ($ended) { [long] $ended.ServiceSpecificExitCode } else { 0 }
}
finally { Remove-Check }
$events = foreach ($log in 'System', 'Application') {
    # That there is none is an error to Get-WinEvent.
    if ($null -ne $answer.Result) { continue }
    $wanted = @{ LogName = $log; StartTime = $begun }
    foreach ($record in @(Get-WinEvent -FilterHashtable $wanted -ErrorAction Ignore | Sort-Object -Property RecordId)) {
        if ($record.Level -notin 1, 2, 3) { continue }
        # The host's own have no file of messages here.
        if ($record.ProviderName -eq $Service) { @{ Id = $record.Id; Text = [string] $record.Properties[0].Value } }
        elseif ($record.ProviderName -eq 'Service Control Manager' -and $record.Message.Contains($Service)) {
            @{ Id = $record.Id; Text = $record.Message }
        }
    }
}
$answer['Events'] = @($events)
$answer

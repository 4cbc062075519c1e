# Win32_Service over the lab's control manager (winfra/lab/service_authority.py).
$states = $null, 'Stopped', 'Start Pending', 'Stop Pending', 'Running', 'Continue Pending', 'Pause Pending', 'Paused'
$statuses = $null, 'OK', 'Starting', 'Stopping', 'OK', 'Starting', 'Stopping', 'OK'
$startModes = 'Boot', 'System', 'Auto', 'Manual', 'Disabled'
$startModesGiven = 'Boot', 'System', 'Automatic', 'Manual', 'Disabled'
$errorControls = 'Ignore', 'Normal', 'Severe', 'Critical'
$serviceTypes = @{ 1 = 'Kernel Driver'; 2 = 'File System Driver'; 4 = 'Adapter'; 8 = 'Recognizer Driver'; 16 = 'Own Process'; 32 = 'Share Process' }
# System error -> what a method returns for it, as Microsoft documents the class.
$returnValues = @{
    2 = 9; 3 = 9; 5 = 2; 87 = 21; 123 = 20; 1051 = 3; 1052 = 4; 1053 = 7; 1054 = 17; 1055 = 11; 1056 = 10; 1057 = 22; 1058 = 14
    1059 = 18; 1061 = 5; 1062 = 6; 1068 = 13; 1069 = 15; 1072 = 16; 1073 = 23; 1075 = 12; 1078 = 19
}

function Request-Service([string] $Verb, [hashtable] $Arguments) {
    # The whole answer: result, error, code.
    $json = [System.Text.Json.JsonSerializer]::Serialize([object] $Arguments, [hashtable], [System.Text.Json.JsonSerializerOptions] $null)
    [WinfraLabSecurity]::Call('Request-Authority', @('service', @($Verb, $json)))
}

function Get-ServiceSource([string] $Condition) {
    # Who asks for one name need not wait for all.
    $one = [regex]::Match($Condition, '^\s*Name\s*=\s*(["''])(?<n>[^"''\\]+)\1\s*$', 'IgnoreCase')
    $answer = if ($one.Success) { Request-Service 'query' @{ name = $one.Groups['n'].Value } } else { Request-Service 'list' @{} }
    if ($answer.error -eq 'Denied') { throw [UnauthorizedAccessException] 'Access denied' }
    if ($answer.error -and $answer.code -eq 1060) { return }
    if ($answer.error) { throw [InvalidOperationException] $answer.message }
    foreach ($data in $answer.result) { ConvertTo-Service $data }
}

function ConvertTo-Service([hashtable] $Data) {
    @{
        AcceptPause = [bool] ($Data.accepted -band 2)
        AcceptStop = [bool] ($Data.accepted -band 1)
        Caption = $Data.display_name
        CheckPoint = [uint32] $Data.checkpoint
        CreationClassName = 'Win32_Service'
        DelayedAutoStart = [bool] $Data.delayed
        Description = if ($Data.description) { $Data.description }
        DesktopInteract = [bool] ($Data.type -band 0x100)
        DisplayName = $Data.display_name
        ErrorControl = $errorControls[$Data.error_control]
        ExitCode = [uint32] $Data.win32_exit
        Name = $Data.name
        PathName = [Environment]::ExpandEnvironmentVariables($Data.path)
        ProcessId = [uint32] $Data.pid
        ServiceSpecificExitCode = [uint32] $Data.specific_exit
        ServiceType = $serviceTypes[[int] ($Data.type -band 0x3f)]
        Started = $Data.state -ne 1
        StartMode = $startModes[$Data.start]
        StartName = $Data.account
        State = $states[$Data.state]
        Status = $statuses[$Data.state]
        SystemCreationClassName = 'Win32_ComputerSystem'
        SystemName = $env:COMPUTERNAME
        TagId = [uint32] 0
        WaitHint = [uint32] $Data.wait_hint
    }
}

function Get-ServiceSetting([hashtable] $Given) {
    # Parameters of Create and Change in the words of the control manager; nothing where one makes no sense.
    $settings = @{}
    $same = @{ DisplayName = 'display_name'; PathName = 'path'; StartName = 'account'; StartPassword = 'password'; LoadOrderGroup = 'group' }
    foreach ($name in $Given.Keys) { if ($same.ContainsKey($name) -and $null -ne $Given[$name]) { $settings[$same[$name]] = [string] $Given[$name] } }
    foreach ($pair in @('ServiceType', 'type'), @('ErrorControl', 'error_control')) {
        if ($Given.ContainsKey($pair[0]) -and $null -ne $Given[$pair[0]]) { $settings[$pair[1]] = [int] $Given[$pair[0]] }
    }
    if ($Given.ContainsKey('StartMode') -and $null -ne $Given.StartMode) {
        $settings.start = [Array]::FindIndex([string[]] $startModesGiven, [Predicate[string]] { $args[0] -eq $Given.StartMode })
        if ($settings.start -lt 0) { return }
    }
    if ($Given.ContainsKey('DesktopInteract') -and $Given.DesktopInteract) { $settings.type = 0x100 -bor $(if ($settings.ContainsKey('type')) { $settings.type } else { 16 }) }
    $services = if ($Given.ContainsKey('ServiceDependencies')) { $Given.ServiceDependencies }
    $groups = if ($Given.ContainsKey('LoadOrderGroupDependencies')) { $Given.LoadOrderGroupDependencies }
    if ($null -ne $services -or $null -ne $groups) {
        $settings.dependencies = [string[]] @(foreach ($one in $services) { if ($one) { $one } }) + [string[]] @(foreach ($one in $groups) { if ($one) { "+$one" } })
    }
    $settings
}

function Invoke-ServiceMethod([string] $Method, [string] $Name, [hashtable] $Given) {
    # What the method returns; a number below zero where there is no such service.
    $controls = @{ StopService = 1; PauseService = 2; ResumeService = 3; InterrogateService = 4 }
    if ($controls.ContainsKey($Method)) { return Get-ReturnValue (Request-Service 'control' @{ name = $Name; control = $controls[$Method] }) }
    switch ($Method) {
        'StartService' { return Get-ReturnValue (Request-Service 'start' @{ name = $Name; arguments = [string[]] @() }) }
        'UserControlService' { return Get-ReturnValue (Request-Service 'control' @{ name = $Name; control = [int] $Given.ControlCode }) }
        'Delete' { return Get-ReturnValue (Request-Service 'delete' @{ name = $Name }) }
    }
    $settings = Get-ServiceSetting $Given
    if ($null -eq $settings) { return 21 }
    if ($Method -ne 'Create') { return Get-ReturnValue (Request-Service 'change' @{ name = $Name; settings = $settings }) }
    if (-not $Given.ContainsKey('Name') -or -not $Given.Name -or -not $settings.ContainsKey('path')) { return 21 }
    foreach ($pair in @('type', 16), @('error_control', 1), @('start', 3)) { if (-not $settings.ContainsKey($pair[0])) { $settings[$pair[0]] = $pair[1] } }
    Get-ReturnValue (Request-Service 'create' @{ name = [string] $Given.Name; settings = $settings })
}

function Get-ReturnValue([hashtable] $Answer) {
    if (-not $Answer.error) { return 0 }
    if ($Answer.code -eq 1060) { return -1 }
    $known = $returnValues[[int] $Answer.code]
    if ($null -eq $known) { 8 } else { $known }
}

# System.ServiceProcess.ServiceController of .NET Framework over the lab's control manager (winfra/lab/service_authority.py).
# What an object knows it keeps until Refresh, as that type does; its properties stand in the table of types, below.
enum ServiceControllerStatus { Stopped = 1; StartPending; StopPending; Running; ContinuePending; PausePending; Paused }
enum ServiceStartMode { Boot; System; Automatic; Manual; Disabled }
[Flags()] enum ServiceType { KernelDriver = 1; FileSystemDriver = 2; Adapter = 4; RecognizerDriver = 8; Win32OwnProcess = 16; Win32ShareProcess = 32; InteractiveProcess = 256 }

class TimeoutException : SystemException { TimeoutException([string] $Message) : base($Message) { } }

class ServiceController : ComponentModel.Component {
    static hidden [Runtime.CompilerServices.ConditionalWeakTable[object, hashtable]] $Contents = [Runtime.CompilerServices.ConditionalWeakTable[object, hashtable]]::new()

    ServiceController([string] $Name) { $this.Take($Name, '.') }
    ServiceController([string] $Name, [string] $MachineName) { $this.Take($Name, $MachineName) }
    hidden [void] Take([string] $Name, [string] $MachineName) {
        if (-not $Name) { Stop-Method '.ctor' $(if ($MachineName -eq '.') { 1 } else { 2 }) ([ArgumentException]::new('Invalid value {0} for parameter name.' -f $Name)) }
        $known = Get-Known $this
        $known.Given, $known.Machine = $Name, $MachineName
        $known.Data = $known.Dependents = $known.Required = $null
        $this.PSObject.TypeNames.Insert(0, 'System.ServiceProcess.ServiceController')
    }

    static hidden [object] ReadCanPauseAndContinue([psobject] $Service) { return [bool] ((Read-Service $Service).accepted -band 2) }
    static hidden [object] ReadCanShutdown([psobject] $Service) { return [bool] ((Read-Service $Service).accepted -band 4) }
    static hidden [object] ReadCanStop([psobject] $Service) { return [bool] ((Read-Service $Service).accepted -band 1) }
    static hidden [object] ReadDependentServices([psobject] $Service) { return [ServiceController[]] @(Get-Dependent $Service) }
    static hidden [object] ReadDisplayName([psobject] $Service) { return (Read-Service $Service).display_name }
    static hidden [object] ReadMachineName([psobject] $Service) { return (Get-Known $Service).Machine }
    static hidden [object] ReadServiceName([psobject] $Service) { $null = Read-Service $Service; return (Get-Known $Service).Given }
    static hidden [object] ReadServicesDependedOn([psobject] $Service) { return [ServiceController[]] @(Get-Required $Service) }
    static hidden [object] ReadServiceType([psobject] $Service) { return [ServiceType] (Read-Service $Service).type }
    static hidden [object] ReadStartType([psobject] $Service) { return [ServiceStartMode] (Read-Service $Service).start }
    static hidden [object] ReadStatus([psobject] $Service) { return [ServiceControllerStatus] (Read-Service $Service).state }

    static [ServiceController[]] GetServices() { return @(Get-AllService '.') }
    static [ServiceController[]] GetServices([string] $MachineName) { return @(Get-AllService $MachineName) }
    [void] Refresh() { Clear-Service $this }
    [void] Close() { Clear-Service $this }
    [void] Start() { try { Start-OneService $this @() } catch { Stop-Method 'Start' 0 (Clear-Caught $_) } }
    [void] Start([string[]] $Arguments) { try { Start-OneService $this $Arguments } catch { Stop-Method 'Start' 1 (Clear-Caught $_) } }
    [void] Stop() { try { Stop-OneService $this } catch { Stop-Method 'Stop' 0 (Clear-Caught $_) } }
    [void] Pause() { try { Send-Control $this 2 'pause {0} service' } catch { Stop-Method 'Pause' 0 (Clear-Caught $_) } }
    [void] Continue() { try { Send-Control $this 3 'resume {0} service' } catch { Stop-Method 'Continue' 0 (Clear-Caught $_) } }
    [void] ExecuteCommand([int] $Command) { try { Send-Control $this $Command 'control {0} service' } catch { Stop-Method 'ExecuteCommand' 1 (Clear-Caught $_) } }
    [void] WaitForStatus([ServiceControllerStatus] $DesiredStatus) { try { Wait-Status $this $DesiredStatus ([timespan]::MaxValue) } catch { Stop-Method 'WaitForStatus' 1 (Clear-Caught $_) } }
    [void] WaitForStatus([ServiceControllerStatus] $DesiredStatus, [timespan] $Timeout) { try { Wait-Status $this $DesiredStatus $Timeout } catch { Stop-Method 'WaitForStatus' 2 (Clear-Caught $_) } }
    [string] ToString() { return (Get-Known $this).Given }
}

function Get-Known($Service) { [ServiceController]::Contents.GetOrCreateValue($Service) }

function Stop-Method([string] $Method, [int] $Count, [Exception] $Cause) { [WinfraLabSecurity]::Call('Stop-Method', @($Method, $Count, $Cause)) }

function Request-Service([string] $Verb, [hashtable] $Arguments, [string] $Action = 'open {0} service', [string] $Name) {
    # What the control manager answers; what it refuses as the exception of ServiceController, or bare where none is named.
    $json = [System.Text.Json.JsonSerializer]::Serialize([object] $Arguments, [hashtable], [System.Text.Json.JsonSerializerOptions] $null)
    $answer = [WinfraLabSecurity]::Call('Request-Authority', @('service', @($Verb, $json)))
    if (-not $answer.error) { return $answer.result }
    # .NET Framework takes off the point.
    $inner = [ComponentModel.Win32Exception]::new([int] $answer.code, $answer.message.TrimEnd('.'))
    if (-not $Name) { throw $inner }
    # Whoever lacks the right is refused when the service is opened.
    if ($answer.error -eq 'Denied') { $Action = 'open {0} service' }
    $message = if ($answer.code -eq 1060) { "Service $Name was not found on computer '.'." } else { "Cannot $($Action -f $Name) on computer '.'." }
    throw [InvalidOperationException]::new($message, $inner)
}

function Get-AllService([string] $MachineName) {
    Confirm-Machine $MachineName
    try { $found = Request-Service 'list' @{} }
    catch { throw [InvalidOperationException]::new("Cannot open Service Control Manager on computer '$MachineName'. This operation might require other privileges.", (Clear-Caught $_)) }
    foreach ($data in $found) { New-Controller $data $MachineName }
}

function Confirm-Machine([string] $MachineName) {
    if ($MachineName -in '.', 'localhost', '127.0.0.1', $env:COMPUTERNAME) { return }
    $inner = [ComponentModel.Win32Exception]::new(1722, 'The RPC server is unavailable')
    throw [InvalidOperationException]::new("Cannot open Service Control Manager on computer '$MachineName'. This operation might require other privileges.", $inner)
}

function New-Controller([hashtable] $Data, [string] $MachineName = '.') {
    $service = [ServiceController]::new($Data.name, $MachineName)
    (Get-Known $service).Data = $Data
    $service
}

function Read-Service($Service) {
    # What the control manager says of it; the name given may be the display name.
    $known = Get-Known $Service
    if (-not $known.Data) {
        Confirm-Machine $known.Machine
        $known.Data = Request-Service 'look_up' @{ name = $known.Given } -Name $known.Given
        if ($known.Data.name -ne $known.Given) { $known.Given = $known.Data.name }
    }
    $known.Data
}

function Clear-Service($Service) {
    $known = Get-Known $Service
    $known.Data = $known.Dependents = $known.Required = $null
}

function Get-Dependent($Service) {
    # All that depend on it, directly or not, in the order in which they have to be stopped.
    $known = Get-Known $Service
    $null = Read-Service $Service
    if ($null -eq $known.Dependents) {
        $names = Request-Service 'dependents' @{ name = $known.Given } -Name $known.Given
        $known.Dependents = [ServiceController[]] @(foreach ($name in $names) { [ServiceController]::new($name, $known.Machine) })
    }
    $known.Dependents
}

function Get-Required($Service) {
    # Those that it names; a group stands for its members.
    $known = Get-Known $Service
    $data = Read-Service $Service
    if ($null -eq $known.Required) {
        $names = foreach ($one in $data.dependencies) {
            if ($one.StartsWith('+')) { foreach ($other in Request-Service 'list' @{}) { if ($other.group -eq $one.Substring(1)) { $other.name } } }
            else { $one }
        }
        $known.Required = [ServiceController[]] @(foreach ($name in $names) { [ServiceController]::new($name, $known.Machine) })
    }
    $known.Required
}

function Start-OneService($Service, [string[]] $Arguments) {
    $name = (Read-Service $Service).name
    $null = Request-Service 'start' @{ name = $name; arguments = [string[]] @($Arguments) } 'start service {0}' $name
}

function Stop-OneService($Service) {
    # What depends on it first, half a minute each.
    foreach ($one in Get-Dependent $Service) {
        Clear-Service $one
        if ($one.Status -ne [ServiceControllerStatus]::Stopped) {
            Stop-OneService $one
            Wait-Status $one 'Stopped' ([timespan]::FromSeconds(30))
        }
    }
    Send-Control $Service 1 'stop {0} service'
}

function Send-Control($Service, [int] $Control, [string] $Action) {
    $name = (Read-Service $Service).name
    $null = Request-Service 'control' @{ name = $name; control = $Control } $Action $name
}

function Wait-Status($Service, [ServiceControllerStatus] $Status, [timespan] $Timeout) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    Clear-Service $Service
    while ((Read-Service $Service).state -ne [int] $Status) {
        if ($watch.Elapsed -gt $Timeout) { throw [TimeoutException]::new('Time out has expired and the operation has not been completed.') }
        [Threading.Thread]::Sleep(50)
        Clear-Service $Service
    }
}

# Name, RequiredServices and what is shown of it the engine knows.
$data = [Management.Automation.Runspaces.TypeData]::new('System.ServiceProcess.ServiceController')
foreach ($method in [ServiceController].GetMethods()) {
    if (-not $method.Name.StartsWith('Read')) { continue }
    $name = $method.Name.Substring(4)
    $data.Members.Add($name, [Management.Automation.Runspaces.CodePropertyData]::new($name, $method))
}
$hidden = [Reflection.BindingFlags] 'NonPublic, Public, Instance'
$context = $ExecutionContext.GetType().GetField('_context', $hidden).GetValue($ExecutionContext)
$context.GetType().GetProperty('TypeTable', $hidden).GetValue($context).AddType($data)

$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
foreach ($type in [ServiceController], [ServiceControllerStatus], [ServiceStartMode], [ServiceType], [TimeoutException]) {
    foreach ($prefix in '', 'System.') { $accelerators::Add("${prefix}ServiceProcess.$($type.Name)", $type) }
}

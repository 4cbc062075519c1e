# What the commands for services do with one of them, and what they say of it where Windows refuses.
$messages = @{
    NoServiceFoundForGivenName = "Cannot find any service with service name '{0}'."
    NoServiceFoundForGivenDisplayName = "Cannot find any service with display name '{1}'."
    CouldNotStartService = "Service '{1} ({0})' cannot be started due to the following error: {2}"
    StartServiceFailed = "Failed to start service '{1} ({0})'."
    CouldNotStopService = "Service '{1} ({0})' cannot be stopped due to the following error: {2}"
    StopServiceFailed = "Service '{1} ({0})' stop failed."
    ServiceHasDependentServices = "Cannot stop service '{1} ({0})' because it has dependent services. It can only be stopped if the Force flag is set."
    ServiceHasDependentServicesNoForce = "Cannot stop service '{1} ({0})' because it has dependent services."
    ServiceIsDependentOnNoForce = "Cannot stop service '{1} ({0})' because it is dependent on other services."
    CouldNotAccessDependentServices = "'Cannot access dependent services of '{1} ({0})'"
    CouldNotSuspendService = "Service '{1} ({0})' cannot be suspended due to the following error: {2}"
    CouldNotSuspendServiceNotSupported = "Service '{1} ({0})' cannot be suspended because the service does not support being suspended or resumed."
    CouldNotSuspendServiceNotRunning = "Service '{1} ({0})' cannot be suspended because it is not currently running."
    SuspendServiceFailed = "Service '{1} ({0})' suspend failed."
    CouldNotResumeService = "Service '{1} ({0})' cannot be resumed due to the following error: {2}"
    CouldNotResumeServiceNotSupported = "Service '{1} ({0})' cannot be resumed because the service does not support being suspended or resumed."
    CouldNotResumeServiceNotRunning = "Service '{1} ({0})' cannot be resumed because it is not currently running."
    ResumeServiceFailed = "Service '{1} ({0})' resume failed."
    CouldNotSetService = "Service '{1} ({0})' cannot be configured due to the following error: {2}"
    CouldNotSetServiceDescription = "Service '{1} ({0})' description cannot be configured due to the following error: {2}"
    CouldNotNewService = "Service '{1} ({0})' cannot be created due to the following error: {2}"
    CouldNotNewServiceDescription = "Service '{1} ({0})' was created, but its description cannot be configured due to the following error: {2}"
}
$inactive = 1062
$running = 1056

class ServiceCommandException : SystemException {
    [string] $ServiceName
    ServiceCommandException([string] $Message, [Exception] $Inner) : base($Message, $Inner) { }
}
[psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')::Add('Microsoft.PowerShell.Commands.ServiceCommandException', [ServiceCommandException])

function Write-ServiceError($Cmdlet, [string] $Name, [string] $DisplayName, $Target, [Exception] $Cause, [string] $Id, [string] $Category) {
    $exception = [ServiceCommandException]::new(($messages[$Id] -f $Name, $DisplayName, $(if ($Cause) { $Cause.Message })), $Cause)
    $exception.ServiceName = $Name
    Write-CommandError $Cmdlet $exception $Id $Category $Target
}

function Write-Failure($Cmdlet, $Service, $Cause, [string] $Id, [string] $Category) {
    Write-ServiceError $Cmdlet $Service.ServiceName $Service.DisplayName $Service $Cause $Id $Category
}

function Get-Code($Exception) {
    # The system error behind an exception of ServiceController.
    while ($Exception -and $Exception -isnot [ComponentModel.Win32Exception]) { $Exception = $Exception.InnerException }
    if ($Exception) { $Exception.NativeErrorCode } else { 0 }
}

function Find-Service($Cmdlet, $Bound, [string[]] $ComputerName = '.') {
    # The services that the parameters name, each once, by name.
    $byDisplayName = $Bound.ContainsKey('DisplayName')
    $patterns = if ($byDisplayName) { $Bound.DisplayName } elseif ($Bound.ContainsKey('Name')) { $Bound.Name } else { '*' }
    $given = if ($Bound.ContainsKey('InputObject')) { foreach ($one in $Bound.InputObject) { $one.Refresh(); $one } }
    else { foreach ($machine in $ComputerName) { Find-Named $Cmdlet $patterns $machine $byDisplayName } }
    $found = [ordered] @{}
    foreach ($one in $given) {
        $name = if ($byDisplayName) { $one.DisplayName } else { $one.ServiceName }
        if ($Bound.ContainsKey('Include') -and -not (Test-Match $name $Bound.Include)) { continue }
        if ($Bound.ContainsKey('Exclude') -and (Test-Match $name $Bound.Exclude)) { continue }
        $found["$($one.ServiceName) on $($one.MachineName)"] = $one
    }
    [Linq.Enumerable]::OrderBy([object[]] @($found.Values), [Func[object, string]] { $args[0].ServiceName }, [StringComparer]::OrdinalIgnoreCase)
}

function Find-Named($Cmdlet, [string[]] $Patterns, [string] $Machine, [bool] $ByDisplayName) {
    # An error for each name that is no pattern and is not there.
    $all = $null
    foreach ($pattern in $Patterns) {
        $wild = [Management.Automation.WildcardPattern]::ContainsWildcardCharacters($pattern)
        if ($wild -or $ByDisplayName) {
            if ($null -eq $all) { $all = @(Get-EveryService $Cmdlet $Machine) }
            $matching = @(foreach ($one in $all) { if ($(if ($ByDisplayName) { $one.DisplayName } else { $one.ServiceName }) -like $pattern) { $one } })
        }
        else { $matching = @(Get-OneService $pattern $Machine) }
        $matching
        if ($matching -or $wild) { continue }
        if ($ByDisplayName) { Write-ServiceError $Cmdlet '' $pattern $pattern $null 'NoServiceFoundForGivenDisplayName' 'ObjectNotFound' }
        else { Write-ServiceError $Cmdlet $pattern '' $pattern $null 'NoServiceFoundForGivenName' 'ObjectNotFound' }
    }
}

function Get-EveryService($Cmdlet, [string] $Machine) {
    try { Get-AllService $Machine }
    catch { Write-CommandError $Cmdlet (Clear-Caught $_) 'System.InvalidOperationException' 'NotSpecified' $null -Terminating }
}

function Get-OneService([string] $Name, [string] $Machine) {
    if (-not $Name) { return }
    $service = [ServiceController]::new($Name, $Machine)
    try { $null = Read-Service $service; $service }
    catch [InvalidOperationException] { $null = Clear-Caught $_ }
}

function Test-Match([string] $Name, [string[]] $Patterns) {
    foreach ($pattern in $Patterns) { if ($Name -like $pattern) { return $true } }
    $false
}

function Test-Confirmed($Cmdlet, $Service) { $Cmdlet.ShouldProcess("$($Service.DisplayName) ($($Service.ServiceName))") }

function Wait-Pending($Cmdlet, $Service, [ServiceControllerStatus] $Target, [ServiceControllerStatus] $Pending, [string] $Verb, [string] $Id) {
    # For as long as it is on its way, a warning every two seconds.
    while ($true) {
        try {
            Wait-Status $Service $Target ([timespan]::FromSeconds(2))
            return $true
        }
        catch [TimeoutException] {
            $null = Clear-Caught $_
            if ($Service.Status -notin $Pending, $Target) {
                Write-Failure $Cmdlet $Service $null $Id 'OpenError'
                return $false
            }
            $Cmdlet.WriteWarning("Waiting for service '$($Service.DisplayName) ($($Service.ServiceName))' to $Verb...")
        }
    }
}

function Invoke-Start($Cmdlet, $Service) {
    try { Start-OneService $Service @() }
    catch {
        $cause = Clear-Caught $_
        if ((Get-Code $cause) -ne $running) {
            Write-Failure $Cmdlet $Service $cause 'CouldNotStartService' 'OpenError'
            return $false
        }
    }
    Wait-Pending $Cmdlet $Service 'Running' 'StartPending' 'start' 'StartServiceFailed'
}

function Invoke-Stop($Cmdlet, $Service, [bool] $Force, [bool] $Wait) {
    # The services that are stopped now: those that depended on it, and itself.
    $dependent = @()
    try { $dependent = @(Get-Dependent $Service) }
    catch { Write-Failure $Cmdlet $Service (Clear-Caught $_) 'CouldNotAccessDependentServices' 'InvalidOperation' }
    $active = @(foreach ($one in $dependent) { if ($one.Status -ne 'Stopped') { $one } })
    if (-not $Force -and $active) {
        Write-Failure $Cmdlet $Service $null 'ServiceHasDependentServices' 'InvalidOperation'
        return
    }
    $stopping = @(foreach ($one in $active) { if ($one.Status -in 'Running', 'StartPending' -and $one.CanStop) { $one } })
    $failed = $false
    try { Stop-OneService $Service }
    catch {
        $cause = Clear-Caught $_
        if ((Get-Code $cause) -ne $inactive) {
            Write-Failure $Cmdlet $Service $cause 'CouldNotStopService' 'CloseError'
            $failed = $true
        }
    }
    if (-not $failed) {
        if ($Wait) { $null = Wait-Pending $Cmdlet $Service 'Stopped' 'StopPending' 'stop' 'StopServiceFailed' }
        $stopping += $Service
    }
    foreach ($one in $stopping) {
        Clear-Service $one
        if ($one.Status -in 'Stopped', 'StopPending') { $one }
    }
}

function Invoke-Suspend($Cmdlet, $Service) {
    try { Send-Control $Service 2 'pause {0} service' }
    catch {
        Write-PauseFailure $Cmdlet $Service (Clear-Caught $_) 'CouldNotSuspendService'
        return $false
    }
    Wait-Pending $Cmdlet $Service 'Paused' 'PausePending' 'suspend' 'SuspendServiceFailed'
}

function Invoke-Resume($Cmdlet, $Service) {
    try { Send-Control $Service 3 'resume {0} service' }
    catch {
        Write-PauseFailure $Cmdlet $Service (Clear-Caught $_) 'CouldNotResumeService'
        return $false
    }
    Wait-Pending $Cmdlet $Service 'Running' 'ContinuePending' 'resume' 'ResumeServiceFailed'
}

function Write-PauseFailure($Cmdlet, $Service, [Exception] $Cause, [string] $Id) {
    # The reason, where it is one of two, and then what Windows said.
    if ((Get-Code $Cause) -eq $inactive) { Write-Failure $Cmdlet $Service $Cause "${Id}NotRunning" 'CloseError' }
    elseif (-not $Service.CanPauseAndContinue) { Write-Failure $Cmdlet $Service $Cause "${Id}NotSupported" 'CloseError' }
    Write-Failure $Cmdlet $Service $Cause $Id 'CloseError'
}

function Add-Credential([hashtable] $Settings, $Credential) {
    if (-not $Credential) { return }
    $Settings.account = $Credential.UserName
    $Settings.password = [Net.NetworkCredential]::new('', $Credential.Password).Password
}

function Set-Configuration($Cmdlet, $Service, $Bound) {
    # The name and the start type first, then the description.
    $settings = @{}
    if ($Bound.ContainsKey('DisplayName')) { $settings.display_name = [string] $Bound.DisplayName }
    if ($Bound.ContainsKey('StartupType')) { $settings.start = [int] $Bound.StartupType }
    try { if ($settings.Count) { $null = Request-Service 'change' @{ name = $Service.ServiceName; settings = $settings } } }
    catch {
        Write-Failure $Cmdlet $Service (Clear-Caught $_) 'CouldNotSetService' 'PermissionDenied'
        return $false
    }
    if (-not $Bound.ContainsKey('Description')) { return $true }
    try { $null = Request-Service 'change' @{ name = $Service.ServiceName; settings = @{ description = [string] $Bound.Description } } }
    catch { Write-Failure $Cmdlet $Service (Clear-Caught $_) 'CouldNotSetServiceDescription' 'PermissionDenied' }
    $true
}

function Set-Status($Cmdlet, $Service, [string] $Status) {
    # Set-Service has no -Force: it stops only what stands alone.
    if ($Service.Status -eq $Status) { return $true }
    if ($Status -eq 'Paused') { $null = Invoke-Suspend $Cmdlet $Service }
    elseif ($Status -eq 'Running') {
        $null = if ($Service.Status -eq 'Paused') { Invoke-Resume $Cmdlet $Service } else { Invoke-Start $Cmdlet $Service }
    }
    elseif (@(Get-Dependent $Service)) {
        Write-Failure $Cmdlet $Service $null 'ServiceHasDependentServicesNoForce' 'InvalidOperation'
        return $false
    }
    elseif (@(Get-Required $Service)) {
        Write-Failure $Cmdlet $Service $null 'ServiceIsDependentOnNoForce' 'InvalidOperation'
        return $false
    }
    else { $null = Invoke-Stop $Cmdlet $Service $true $true }
    $true
}

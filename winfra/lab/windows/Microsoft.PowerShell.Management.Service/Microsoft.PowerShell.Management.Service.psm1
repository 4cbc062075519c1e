# The commands for services: what they do stands in operations.ps1, the object they pass around in ServiceController.ps1.
# $ErrorActionPreference: that of the caller, which a module does not see by itself.
Set-StrictMode -Version 3
. "$PSScriptRoot/../errors.ps1"
. "$PSScriptRoot/ServiceController.ps1"
. "$PSScriptRoot/operations.ps1"

function Get-Service {
    [CmdletBinding(DefaultParameterSetName = 'Default')]
    [Alias('gsv')]
    param(
        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Default')] [ValidateNotNullOrEmpty()] [Alias('ServiceName')] [string[]] $Name,
        [Parameter(ValueFromPipelineByPropertyName)] [ValidateNotNullOrEmpty()] [Alias('Cn')] [string[]] $ComputerName = '.',
        [Alias('DS')] [switch] $DependentServices,
        [Alias('SDO', 'ServicesDependedOn')] [switch] $RequiredServices,
        [Parameter(Mandatory, ParameterSetName = 'DisplayName')] [string[]] $DisplayName,
        [ValidateNotNullOrEmpty()] [string[]] $Include,
        [ValidateNotNullOrEmpty()] [string[]] $Exclude,
        [Parameter(ValueFromPipeline, ParameterSetName = 'InputObject')] [ValidateNotNullOrEmpty()] [ServiceProcess.ServiceController[]] $InputObject
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        foreach ($service in Find-Service $PSCmdlet $PSBoundParameters $ComputerName) {
            if ($DependentServices) { $service.DependentServices }
            if ($RequiredServices) { $service.ServicesDependedOn }
            if (-not $DependentServices -and -not $RequiredServices) { $service }
        }
    }
}

function Start-Service {
    [CmdletBinding(DefaultParameterSetName = 'InputObject', SupportsShouldProcess)]
    [Alias('sasv')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ParameterSetName = 'InputObject')] [ValidateNotNullOrEmpty()] [ServiceProcess.ServiceController[]] $InputObject,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Default')] [Alias('ServiceName')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'DisplayName')] [string[]] $DisplayName,
        [switch] $PassThru,
        [ValidateNotNullOrEmpty()] [string[]] $Include,
        [ValidateNotNullOrEmpty()] [string[]] $Exclude
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        foreach ($service in Find-Service $PSCmdlet $PSBoundParameters) {
            if (-not (Test-Confirmed $PSCmdlet $service)) { continue }
            if ((Invoke-Start $PSCmdlet $service) -and $PassThru) { $service }
        }
    }
}

function Stop-Service {
    [CmdletBinding(DefaultParameterSetName = 'InputObject', SupportsShouldProcess)]
    [Alias('spsv')]
    param(
        [switch] $Force,
        [switch] $NoWait,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ParameterSetName = 'InputObject')] [ValidateNotNullOrEmpty()] [ServiceProcess.ServiceController[]] $InputObject,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Default')] [Alias('ServiceName')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'DisplayName')] [string[]] $DisplayName,
        [switch] $PassThru,
        [ValidateNotNullOrEmpty()] [string[]] $Include,
        [ValidateNotNullOrEmpty()] [string[]] $Exclude
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        foreach ($service in Find-Service $PSCmdlet $PSBoundParameters) {
            if (-not (Test-Confirmed $PSCmdlet $service)) { continue }
            $stopped = Invoke-Stop $PSCmdlet $service $Force (-not $NoWait)
            if ($PassThru) { $stopped }
        }
    }
}

function Restart-Service {
    [CmdletBinding(DefaultParameterSetName = 'InputObject', SupportsShouldProcess)]
    param(
        [switch] $Force,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ParameterSetName = 'InputObject')] [ValidateNotNullOrEmpty()] [ServiceProcess.ServiceController[]] $InputObject,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Default')] [Alias('ServiceName')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'DisplayName')] [string[]] $DisplayName,
        [switch] $PassThru,
        [ValidateNotNullOrEmpty()] [string[]] $Include,
        [ValidateNotNullOrEmpty()] [string[]] $Exclude
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        foreach ($service in Find-Service $PSCmdlet $PSBoundParameters) {
            if (-not (Test-Confirmed $PSCmdlet $service)) { continue }
            # Those that were stopped with it start again, in the same order.
            foreach ($one in Invoke-Stop $PSCmdlet $service $Force $true) {
                if ((Invoke-Start $PSCmdlet $one) -and $PassThru) { $one }
            }
        }
    }
}

function Suspend-Service {
    [CmdletBinding(DefaultParameterSetName = 'InputObject', SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ParameterSetName = 'InputObject')] [ValidateNotNullOrEmpty()] [ServiceProcess.ServiceController[]] $InputObject,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Default')] [Alias('ServiceName')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'DisplayName')] [string[]] $DisplayName,
        [switch] $PassThru,
        [ValidateNotNullOrEmpty()] [string[]] $Include,
        [ValidateNotNullOrEmpty()] [string[]] $Exclude
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        foreach ($service in Find-Service $PSCmdlet $PSBoundParameters) {
            if (-not (Test-Confirmed $PSCmdlet $service)) { continue }
            if ((Invoke-Suspend $PSCmdlet $service) -and $PassThru) { $service }
        }
    }
}

function Resume-Service {
    [CmdletBinding(DefaultParameterSetName = 'InputObject', SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ParameterSetName = 'InputObject')] [ValidateNotNullOrEmpty()] [ServiceProcess.ServiceController[]] $InputObject,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Default')] [Alias('ServiceName')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'DisplayName')] [string[]] $DisplayName,
        [switch] $PassThru,
        [ValidateNotNullOrEmpty()] [string[]] $Include,
        [ValidateNotNullOrEmpty()] [string[]] $Exclude
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        foreach ($service in Find-Service $PSCmdlet $PSBoundParameters) {
            if (-not (Test-Confirmed $PSCmdlet $service)) { continue }
            if ((Invoke-Resume $PSCmdlet $service) -and $PassThru) { $service }
        }
    }
}

function New-Service {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0)] [Alias('ServiceName')] [string] $Name,
        [Parameter(Mandatory, Position = 1)] [string] $BinaryPathName,
        [ValidateNotNullOrEmpty()] [string] $DisplayName,
        [ValidateNotNullOrEmpty()] [string] $Description,
        [ServiceProcess.ServiceStartMode] $StartupType = 'Automatic',
        [Management.Automation.Credential()] [pscredential] $Credential,
        [string[]] $DependsOn
    )
    begin {
        $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference')
        if (-not $PSCmdlet.ShouldProcess("$DisplayName ($Name)")) { return }
        $settings = @{ path = $BinaryPathName; start = [int] $StartupType; type = 16; error_control = 1 }
        if ($DisplayName) { $settings.display_name = $DisplayName }
        if ($DependsOn) { $settings.dependencies = [string[]] $DependsOn }
        Add-Credential $settings $Credential
        try { $null = Request-Service 'create' @{ name = $Name; settings = $settings } }
        catch {
            Write-ServiceError $PSCmdlet $Name $DisplayName $Name (Clear-Caught $_) 'CouldNotNewService' 'PermissionDenied'
            return
        }
        if ($Description) {
            try { $null = Request-Service 'change' @{ name = $Name; settings = @{ description = $Description } } }
            catch { Write-ServiceError $PSCmdlet $Name $DisplayName $Name (Clear-Caught $_) 'CouldNotNewServiceDescription' 'PermissionDenied' }
        }
        [ServiceController]::new($Name)
    }
}

function Set-Service {
    [CmdletBinding(DefaultParameterSetName = 'Name', SupportsShouldProcess)]
    param(
        [ValidateNotNullOrEmpty()] [Alias('cn')] [string[]] $ComputerName = '.',
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Name')] [Alias('ServiceName', 'SN')] [string] $Name,
        [ValidateNotNullOrEmpty()] [Alias('DN')] [string] $DisplayName,
        [ValidateNotNullOrEmpty()] [string] $Description,
        [ValidateNotNullOrEmpty()] [Alias('StartMode', 'SM', 'ST')] [ServiceProcess.ServiceStartMode] $StartupType,
        [ValidateSet('Running', 'Stopped', 'Paused')] [string] $Status,
        [Parameter(ValueFromPipeline, ParameterSetName = 'InputObject')] [ServiceProcess.ServiceController] $InputObject,
        [switch] $PassThru
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        foreach ($machine in $ComputerName) {
            $service = if ($InputObject) { $InputObject } else { [ServiceController]::new($Name, $machine) }
            try { $null = Read-Service $service }
            catch {
                Write-CommandError $PSCmdlet (Clear-Caught $_) 'InvalidOperationException' 'ObjectNotFound' $Name
                continue
            }
            if (-not (Test-Confirmed $PSCmdlet $service)) { continue }
            if (-not (Set-Configuration $PSCmdlet $service $PSBoundParameters)) { continue }
            Clear-Service $service
            if ($Status -and -not (Set-Status $PSCmdlet $service $Status)) { continue }
            if ($PassThru) { [ServiceController]::new($service.ServiceName, $machine) }
        }
    }
}

Export-ModuleMember -Function *-Service -Alias *

# The task scheduler over the files under C:\Windows\System32\Tasks (winfra/lab/tasks.py decides what is refused). On Windows
# these commands are functions too, made from CDXML: the caller's $ErrorActionPreference does not reach them.
Set-StrictMode -Version 3

$categories = @{ [long] 0x80070002L = 'ObjectNotFound'; [long] 0x80070005L = 'PermissionDenied'; [long] 0x800700b7L = 'ResourceExists' }

function Request-Task($Cmdlet, [string] $Verb, [string[]] $Words) {
    # The answer; what is refused becomes an error of the command that asks, and there is no result.
    $answer = [WinfraLabSecurity]::Call('Request-Authority', @($Verb, $Words))
    if ($answer.error) {
        $exception = [Microsoft.Management.Infrastructure.CimException]::new($answer.message)
        $category = if ($categories.ContainsKey([long] $answer.code)) { $categories[[long] $answer.code] } else { 'NotSpecified' }
        $Cmdlet.WriteError([Management.Automation.ErrorRecord]::new($exception, $answer.error, $category, 'PS_ScheduledTask'))
    }
    @{ Succeeded = -not $answer.error; Result = $answer.result }
}

function New-CimObject([string] $Class, [Collections.IDictionary] $Values) {
    $object = [pscustomobject] $Values
    $object.PSObject.TypeNames.Insert(0, 'Microsoft.Management.Infrastructure.CimInstance')
    $object.PSObject.TypeNames.Insert(0, "Microsoft.Management.Infrastructure.CimInstance#Root/Microsoft/Windows/TaskScheduler/$Class")
    $object
}

function Join-TaskPath([string] $Path, [string] $Name) {
    # A task's full name; a name may hold the folders as well.
    if (-not $Path) { $Path = '\' }
    '\' + ("$Path\$Name".Split('\') -ne '' -join '\')
}

function ConvertTo-Task([hashtable] $Data) {
    New-CimObject 'MSFT_ScheduledTask' ([ordered] @{
            TaskName = $Data.name; TaskPath = $Data.path; State = $Data.state; URI = $Data.path + $Data.name
            Description = $Data.description; Author = $Data.author; Date = $Data.date
            Actions = @(foreach ($action in $Data.actions) {
                    New-CimObject 'MSFT_TaskExecAction' ([ordered] @{ Execute = $action.Command; Arguments = $action.Arguments; WorkingDirectory = $action.WorkingDirectory })
                })
            Triggers = @(foreach ($trigger in $Data.triggers) { New-CimObject "MSFT_Task$($trigger -replace 'CalendarTrigger', 'DailyTrigger')" ([ordered] @{ Enabled = $true }) })
            Principal = New-CimObject 'MSFT_TaskPrincipal2' ([ordered] @{ UserId = $Data.user; RunLevel = $(if ($Data.highest) { 'Highest' } else { 'Limited' }) })
        })
}

function Find-Task($Cmdlet, [string[]] $TaskName, [string[]] $TaskPath) {
    # The tasks that fit name and path, which may be patterns; one that is named and not there is an error.
    $all = (Request-Task $Cmdlet 'tasks').Result
    if ($TaskPath) { $all = @($all | Where-Object { $path = $_.path; $TaskPath | Where-Object { $path -like $_ } }) }
    if (-not $TaskName) { return $all }
    foreach ($pattern in $TaskName) {
        # With its folder it finds nothing on Windows either.
        $fitting = @($all | Where-Object { $_.name -like $pattern })
        if (-not $fitting -and -not [Management.Automation.WildcardPattern]::ContainsWildcardCharacters($pattern)) {
            $message = "No MSFT_ScheduledTask objects found with property 'TaskName' equal to '$pattern'.  Verify the value of the property and retry."
            $Cmdlet.WriteError([Management.Automation.ErrorRecord]::new([InvalidOperationException]::new($message), 'CmdletizationQuery_NotFound_TaskName', 'ObjectNotFound', $pattern))
        }
        $fitting
    }
}

function Get-ScheduledTask {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)] [string[]] $TaskName,
        [Parameter(Position = 1, ValueFromPipelineByPropertyName)] [string[]] $TaskPath
    )
    process { foreach ($task in Find-Task $PSCmdlet $TaskName $TaskPath) { ConvertTo-Task $task } }
}

function Get-ScheduledTaskInfo {
    [CmdletBinding(DefaultParameterSetName = 'Path')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskName,
        [Parameter(Position = 1, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskPath,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'Object')] [object] $InputObject
    )
    process {
        $wanted = if ($InputObject) { $InputObject.URI } else { Join-TaskPath $TaskPath $TaskName }
        if (-not (Request-Task $PSCmdlet 'export_task' $wanted).Succeeded) { return }
        foreach ($task in (Request-Task $PSCmdlet 'tasks').Result) {
            if ($task.path + $task.name -ne $wanted) { continue }
            New-CimObject 'MSFT_TaskDynamicInfo' ([ordered] @{
                    LastRunTime = $(if ($task.last_run) { [datetime] $task.last_run } else { [datetime] '1999-11-30' })
                    LastTaskResult = [uint32] $task.last_result
                    NextRunTime = $(if ($task.next_run) { [datetime] $task.next_run })
                    NumberOfMissedRuns = 0; TaskName = $task.name; TaskPath = $task.path
                })
        }
    }
}

function Register-ScheduledTask {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $TaskName,
        [Parameter(Position = 1)] [string] $TaskPath,
        [Parameter(Mandatory, Position = 2)] [string] $Xml,
        [switch] $Force
    )
    process {
        $full = Join-TaskPath $TaskPath $TaskName
        if (-not (Request-Task $PSCmdlet 'register_task' $full, $Xml, $(if ($Force) { 'force' } else { '' })).Succeeded) { return }
        foreach ($task in (Request-Task $PSCmdlet 'tasks').Result) { if ($task.path + $task.name -eq $full) { ConvertTo-Task $task } }
    }
}

function Unregister-ScheduledTask {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High', DefaultParameterSetName = 'Query')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'Query')] [string[]] $TaskName,
        [Parameter(Position = 1, ValueFromPipelineByPropertyName, ParameterSetName = 'Query')] [string[]] $TaskPath,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'Object')] [object[]] $InputObject
    )
    process {
        $wanted = if ($InputObject) { $InputObject.URI } else { Find-Task $PSCmdlet $TaskName $TaskPath | ForEach-Object { $_.path + $_.name } }
        foreach ($one in $wanted) {
            if ($PSCmdlet.ShouldProcess($one, 'Delete')) { $null = Request-Task $PSCmdlet 'unregister_task' $one }
        }
    }
}

function Export-ScheduledTask {
    [CmdletBinding(DefaultParameterSetName = 'Path')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskName,
        [Parameter(Position = 1, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskPath,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'Object')] [object] $InputObject
    )
    process { (Request-Task $PSCmdlet 'export_task' $(if ($InputObject) { $InputObject.URI } else { Join-TaskPath $TaskPath $TaskName })).Result }
}

function Start-ScheduledTask {
    [CmdletBinding(DefaultParameterSetName = 'Path')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskName,
        [Parameter(Position = 1, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskPath,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'Object')] [object] $InputObject
    )
    process { $null = Request-Task $PSCmdlet 'start_task' $(if ($InputObject) { $InputObject.URI } else { Join-TaskPath $TaskPath $TaskName }) }
}

function Stop-ScheduledTask {
    [CmdletBinding(DefaultParameterSetName = 'Path')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskName,
        [Parameter(Position = 1, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskPath,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'Object')] [object] $InputObject
    )
    process { $null = Request-Task $PSCmdlet 'stop_task' $(if ($InputObject) { $InputObject.URI } else { Join-TaskPath $TaskPath $TaskName }) }
}

function Enable-ScheduledTask {
    [CmdletBinding(DefaultParameterSetName = 'Path')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskName,
        [Parameter(Position = 1, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskPath,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'Object')] [object] $InputObject
    )
    process { Set-Enabled $PSCmdlet $(if ($InputObject) { $InputObject.URI } else { Join-TaskPath $TaskPath $TaskName }) 'yes' }
}

function Disable-ScheduledTask {
    [CmdletBinding(DefaultParameterSetName = 'Path')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskName,
        [Parameter(Position = 1, ValueFromPipelineByPropertyName, ParameterSetName = 'Path')] [string] $TaskPath,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'Object')] [object] $InputObject
    )
    process { Set-Enabled $PSCmdlet $(if ($InputObject) { $InputObject.URI } else { Join-TaskPath $TaskPath $TaskName }) '' }
}

function Set-Enabled($Cmdlet, [string] $Path, [string] $Enabled) {
    if (-not (Request-Task $Cmdlet 'enable_task' $Path, $Enabled).Succeeded) { return }
    foreach ($task in (Request-Task $Cmdlet 'tasks').Result) { if ($task.path + $task.name -eq $Path) { ConvertTo-Task $task } }
}

Export-ModuleMember -Function *-ScheduledTask, Get-ScheduledTaskInfo

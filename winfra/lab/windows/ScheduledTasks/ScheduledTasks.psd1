@{
    RootModule        = 'ScheduledTasks.psm1'
    ModuleVersion     = '1.0.0.0'
    GUID              = '5378ee8e-e349-49bb-83b9-f3d9c396c0a6'
    Description       = 'The lab''s task scheduler.'
    FunctionsToExport = @(
        'Disable-ScheduledTask', 'Enable-ScheduledTask', 'Export-ScheduledTask', 'Get-ScheduledTask', 'Get-ScheduledTaskInfo',
        'Register-ScheduledTask', 'Start-ScheduledTask', 'Stop-ScheduledTask', 'Unregister-ScheduledTask'
    )
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
